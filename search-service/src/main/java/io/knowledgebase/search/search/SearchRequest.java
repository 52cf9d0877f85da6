package io.knowledgebase.search.search;

import org.jspecify.annotations.Nullable;

/**
 * A search as it was asked for; what is null has a default.
 *
 * @param topK results wanted at most, 1 to 100
 * @param minScore results below this cosine are left out, -1 to 1
 */
public record SearchRequest(
        @Nullable String query,
        @Nullable Integer topK,
        @Nullable SearchMode mode,
        @Nullable SearchFilters filters,
        @Nullable Double minScore) {}
