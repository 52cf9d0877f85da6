/**
 * Finds the passages that answer a query by meaning (dense vectors), by words (BM25) or by both, fused. Whatever
 * approximates (the HNSW index, skipping the visibility check) only proposes candidates: scores are exact, and if
 * candidates are too few, an exact scan answers.
 */
@NullMarked
package io.knowledgebase.search.search;

import org.jspecify.annotations.NullMarked;
