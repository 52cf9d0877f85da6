/**
 * Notion's API as far as it is read here: one request at a time within the connection's budget, what went wrong as one
 * exception whose kind says what to do. A refusal to serve now (429, 529) is waited out and sent again, because nothing
 * was done; anything else is repeated for GET alone.
 */
@NullMarked
package io.knowledgebase.ingest.notion.api;

import org.jspecify.annotations.NullMarked;
