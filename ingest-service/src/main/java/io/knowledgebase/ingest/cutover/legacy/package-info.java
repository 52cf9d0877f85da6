/**
 * What the chat application's tables are, in SQLite and in PostgreSQL, and how a value of the one becomes a value of
 * the other. SQLite stores anything anywhere, so every value is looked at by itself, and by the name of its column: files
 * that were upgraded have other orders.
 */
@NullMarked
package io.knowledgebase.ingest.cutover.legacy;

import org.jspecify.annotations.NullMarked;
