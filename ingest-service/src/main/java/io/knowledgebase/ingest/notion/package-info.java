/**
 * Notion's pages as documents that stay fresh. Events and reconciliation only say what to look at; the truth is what
 * Notion answers when it is read, so events that are forged, repeated, late or lost can cost requests but never text.
 */
@NullMarked
package io.knowledgebase.ingest.notion;

import org.jspecify.annotations.NullMarked;
