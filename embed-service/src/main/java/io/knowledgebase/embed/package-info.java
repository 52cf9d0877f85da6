/**
 * The embed service: from an accepted document to its visible chunks. Its features meet only in the records they
 * exchange; the embedder and the writer meet only in Kafka, so that either can be restarted or multiplied alone.
 */
@NullMarked
package io.knowledgebase.embed;

import org.jspecify.annotations.NullMarked;
