package io.knowledgebase.search.search;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What documents a search is limited to; what is null does not limit.
 *
 * @param sourceType one of these source types, as in {@code upload}
 * @param documentId one of these documents
 * @param externalId one of these ids that the documents' owner gave them
 * @param metadata each of these keys has exactly this value
 * @param createdAfter first accepted at this time or later
 * @param createdBefore first accepted before this time
 */
public record SearchFilters(
        @Nullable List<String> sourceType,
        @Nullable List<UUID> documentId,
        @Nullable List<String> externalId,
        @Nullable Map<String, Object> metadata,
        @Nullable Instant createdAfter,
        @Nullable Instant createdBefore) {

    public static final SearchFilters NONE = new SearchFilters(null, null, null, null, null, null);

    boolean limit() {
        return !equals(NONE);
    }
}
