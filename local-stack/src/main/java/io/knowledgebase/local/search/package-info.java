/**
 * Searches from the command line. It asks the search service like any other client, so what it shows is what the chat
 * service gets.
 */
@NullMarked
package io.knowledgebase.local.search;

import org.jspecify.annotations.NullMarked;
