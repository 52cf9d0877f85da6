/**
 * Changes of a SQLite database as a Kafka Connect source: a snapshot in short key ranges, then a stream without gap or
 * overlap. Of a live file triggers write each change into a log table in the transaction of the change itself; SQLite has
 * one writer, so the log's order is the order of commits. Of files that are exported into a folder each is compared with
 * a copy of the one before, so that the same files give the same changes again. A row's key is its table's primary key.
 */
@NullMarked
package io.knowledgebase.sqlite;

import org.jspecify.annotations.NullMarked;
