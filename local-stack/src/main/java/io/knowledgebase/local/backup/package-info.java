/**
 * Backups of the database with PostgreSQL's own programs, and the way back. A backup is a folder: the dump, and a
 * manifest of what was in each table in the dump's own snapshot, so that a restored database is compared row by row with
 * what was saved before anything is replaced by it. Kafka is not saved: it is made to follow the database again.
 */
@NullMarked
package io.knowledgebase.local.backup;

import org.jspecify.annotations.NullMarked;
