/**
 * Brings the rows of the documents table to Kafka: one publisher at a time, users in turns, and only so many documents
 * of a user in flight, because a row that waits in the table can be overtaken and an event in a partition cannot. The
 * {@code Sweep} looks for documents whose event was consumed although they never settled; what merely waits in a queue
 * is left alone, however long it waits.
 */
@NullMarked
package io.knowledgebase.ingest.publish;

import org.jspecify.annotations.NullMarked;
