package io.knowledgebase.search.context;

import io.knowledgebase.search.search.SearchFilters;
import io.knowledgebase.search.search.SearchMode;
import io.knowledgebase.search.search.SearchRequest;
import org.jspecify.annotations.Nullable;

/**
 * A search whose results are wanted as one text; what is null has a default.
 *
 * @param maxTokens word pieces that the context may have, 1 to 100,000
 */
record ContextRequest(
        @Nullable String query,
        @Nullable Integer topK,
        @Nullable SearchMode mode,
        @Nullable SearchFilters filters,
        @Nullable Double minScore,
        @Nullable Integer maxTokens) {

    SearchRequest search() {
        return new SearchRequest(query, topK, mode, filters, minScore);
    }
}
