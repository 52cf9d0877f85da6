/**
 * Proof that SQLite and PostgreSQL hold the same rows, while people go on writing. Both sides are read in ranges of keys,
 * PostgreSQL not before it has what SQLite had, and rows that differ then are looked at again one by one: what is still
 * different when nothing of it is under way is a difference.
 */
@NullMarked
package io.knowledgebase.ingest.cutover.verify;

import org.jspecify.annotations.NullMarked;
