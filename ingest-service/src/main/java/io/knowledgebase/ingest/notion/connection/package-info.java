/**
 * Connections: a user, a workspace of Notion, and the token that reads it. Tokens are sealed with a key of the
 * environment, each bound to its connection, so that neither a copy of the database nor a row moved to another user is
 * of any use; they leave this package only for the client that uses them.
 */
@NullMarked
package io.knowledgebase.ingest.notion.connection;

import org.jspecify.annotations.NullMarked;
