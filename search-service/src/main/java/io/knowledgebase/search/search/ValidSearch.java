package io.knowledgebase.search.search;

import io.knowledgebase.schemas.problem.Problem;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A search with every default filled in and every limit kept.
 *
 * @param query without NUL, lone surrogates and runs of white space
 */
record ValidSearch(
        String query,
        int topK,
        SearchMode mode,
        SearchFilters filters,
        @Nullable Double minScore) {

    private static final int DEFAULT_TOP_K = 10;
    private static final int MAXIMUM_FILTER_VALUES = 1_000;

    boolean needsVector() {
        return mode != SearchMode.LEXICAL || minScore != null;
    }

    static ValidSearch of(SearchRequest request, int maximumQueryCharacters) {
        String query = request.query();
        if (query == null || query.isBlank()) {
            throw Problem.badField("query", "query is empty.");
        }
        int characters = query.codePointCount(0, query.length());
        if (characters > maximumQueryCharacters) {
            throw Problem.badField(
                    "query",
                    "query has " + characters + " characters, more than the limit of " + maximumQueryCharacters + ".");
        }
        String readable = readable(query);
        if (readable.isEmpty()) {
            throw Problem.badField("query", "query has no characters that can be searched for.");
        }
        int topK = request.topK() == null ? DEFAULT_TOP_K : request.topK();
        if (topK < 1 || topK > Search.MAXIMUM_TOP_K) {
            throw Problem.badField("topK", "topK is " + topK + ", not between 1 and " + Search.MAXIMUM_TOP_K + ".");
        }
        Double minScore = request.minScore();
        if (minScore != null && !(minScore >= -1 && minScore <= 1)) {
            throw Problem.badField("minScore", "minScore is a cosine, between -1 and 1.");
        }
        return new ValidSearch(
                readable,
                topK,
                request.mode() == null ? SearchMode.HYBRID : request.mode(),
                request.filters() == null ? SearchFilters.NONE : valid(request.filters()),
                minScore);
    }

    private static String readable(String query) {
        StringBuilder readable = new StringBuilder(query.length());
        query.codePoints().forEach(codePoint -> {
            boolean loneSurrogate = codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
            boolean space = codePoint == 0 || loneSurrogate || Character.isWhitespace(codePoint);
            if (!space) {
                readable.appendCodePoint(codePoint);
            } else if (!readable.isEmpty() && readable.charAt(readable.length() - 1) != ' ') {
                readable.append(' ');
            }
        });
        return readable.toString().trim();
    }

    private static SearchFilters valid(SearchFilters filters) {
        requireValues("filters.sourceType", filters.sourceType());
        requireValues("filters.documentId", filters.documentId());
        requireValues("filters.externalId", filters.externalId());
        Map<String, Object> metadata = filters.metadata();
        requireStorable("filters.metadata", metadata);
        return new SearchFilters(
                filters.sourceType(),
                filters.documentId(),
                filters.externalId(),
                metadata == null || metadata.isEmpty() ? null : metadata,
                filters.createdAfter(),
                filters.createdBefore());
    }

    private static void requireValues(String field, @Nullable List<?> values) {
        if (values == null) {
            return;
        }
        if (values.isEmpty() || values.size() > MAXIMUM_FILTER_VALUES || new HashSet<>(values).contains(null)) {
            throw Problem.badField(field, field + " has 1 to " + MAXIMUM_FILTER_VALUES + " values, none of them null.");
        }
        requireStorable(field, values);
    }

    /** What PostgreSQL cannot store cannot be in a document either; asking for it is a mistake. */
    private static void requireStorable(String field, @Nullable Object value) {
        if (value instanceof String text) {
            boolean unstorable = text.codePoints()
                    .anyMatch(c -> c == 0 || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE));
            if (unstorable) {
                throw Problem.badField(field, field + " has a NUL or half a surrogate pair.");
            }
        } else if (value instanceof Number number && !Double.isFinite(number.doubleValue())) {
            throw Problem.badField(field, field + " has a number that is too large.");
        } else if (value instanceof Collection<?> values) {
            values.forEach(each -> requireStorable(field, each));
        } else if (value instanceof Map<?, ?> map) {
            map.forEach((key, each) -> {
                requireStorable(field, key);
                requireStorable(field, each);
            });
        }
    }
}
