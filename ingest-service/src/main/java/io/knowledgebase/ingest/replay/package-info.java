/**
 * Processing documents again without their being uploaded again: some of them into the generation that searches read, or
 * all of them because Kafka or PostgreSQL lost something. A wish is a change of the documents table, so that it outlives
 * whatever is away, and what is replayed waits behind what people upload.
 */
@NullMarked
package io.knowledgebase.ingest.replay;

import org.jspecify.annotations.NullMarked;
