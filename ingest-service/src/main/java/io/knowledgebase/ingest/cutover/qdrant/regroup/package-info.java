/**
 * Documents from the legacy application's chunks, as a calculation of nothing but them. What of a source was cut into
 * overlapping chunks is chained by those overlaps, because neither the ids nor the names of chunks tell of which upload
 * they are; every chunk ends in one document or with one reason.
 */
@NullMarked
package io.knowledgebase.ingest.cutover.qdrant.regroup;

import org.jspecify.annotations.NullMarked;
