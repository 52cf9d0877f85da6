/**
 * Changes of a live SQLite database as a Kafka Connect source: a snapshot in short key ranges, then a stream without gap
 * or overlap. Triggers write each change into a log table in the transaction of the change itself; SQLite has one
 * writer, so the log's order is the order of commits. A row's key is its table's primary key.
 */
@NullMarked
package io.knowledgebase.sqlite;

import org.jspecify.annotations.NullMarked;
