/**
 * Changes of the legacy SQLite file into Kafka, by Debezium's engine inside this service. A change counts as captured
 * when Kafka has acknowledged it, and only then its offset is kept, in PostgreSQL; so what is told may be told again, and
 * is never left out.
 */
@NullMarked
package io.knowledgebase.ingest.cutover.capture;

import org.jspecify.annotations.NullMarked;
