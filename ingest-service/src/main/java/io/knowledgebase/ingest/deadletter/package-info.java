/**
 * Shows operators the dead letters: what could not be processed, why, and what became of its document since. They are
 * read from Kafka at each request, so that there is no second account of them; and of an event only named fields are
 * shown, because a broken one may hold a document's text anywhere.
 */
@NullMarked
package io.knowledgebase.ingest.deadletter;

import org.jspecify.annotations.NullMarked;
