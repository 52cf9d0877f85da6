/**
 * Turns text into the two vectors that search compares: a dense one of meaning and a sparse one of BM25 term weights.
 * A pure library that runs the model in process, one thread per call, so that callers alone decide how many cores
 * work and nothing but the processor limits them.
 */
@NullMarked
package io.knowledgebase.vectorizer;

import org.jspecify.annotations.NullMarked;
