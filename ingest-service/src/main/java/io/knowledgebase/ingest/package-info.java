/**
 * The ingest service: takes documents and publishes their events. It answers only once PostgreSQL has what it was
 * given, and works on without Kafka, because the documents table is the outbox.
 */
@NullMarked
package io.knowledgebase.ingest;

import org.jspecify.annotations.NullMarked;
