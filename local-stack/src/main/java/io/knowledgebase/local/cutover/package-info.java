/**
 * The move from the legacy application's SQLite to PostgreSQL, at the command line. The ingest service does it; a command
 * here says what is wished, follows, and may end or be repeated at any moment.
 */
@NullMarked
package io.knowledgebase.local.cutover;

import org.jspecify.annotations.NullMarked;
