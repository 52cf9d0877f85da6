/**
 * Ways of indexing. Every process feeds all of them; one process, under a lease, moves them on from being built to being
 * ready, and operators promote, roll back and drop them. Building an HNSW index also runs under a lock of its connection,
 * because two builds of one index would only hinder each other.
 */
@NullMarked
package io.knowledgebase.embed.generation;

import org.jspecify.annotations.NullMarked;
