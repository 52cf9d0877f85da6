/**
 * Ways of indexing: which are there, and the HNSW index that each one gets once its first bulk load is over. Building
 * runs under a lock of its connection, because two builds of one index would only hinder each other.
 */
@NullMarked
package io.knowledgebase.embed.generation;

import org.jspecify.annotations.NullMarked;
