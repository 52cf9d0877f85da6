package io.knowledgebase.search.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.knowledgebase.schemas.problem.Problem;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ValidSearchTest {

    @Test
    void whatIsNotAskedForHasADefault() {
        ValidSearch search = valid(new SearchRequest("q", null, null, null, null));

        assertThat(search).isEqualTo(new ValidSearch("q", 10, SearchMode.HYBRID, SearchFilters.NONE, null));
        assertThat(search.filters().limit()).isFalse();
    }

    @Test
    void nulAndLoneSurrogatesBecomeSpace() {
        String query = "one\0two " + Character.MIN_HIGH_SURROGATE + "\n three \uD83D\uDE00";

        assertThat(valid(new SearchRequest(query, 1, null, null, null)).query())
                .isEqualTo("one two three \uD83D\uDE00");
    }

    @Test
    void emptyQueriesAreRefused() {
        for (String query : Arrays.asList(null, "", " \t\n", "\0", "\uD800")) {
            assertRefused(new SearchRequest(query, 1, null, null, null), "query");
        }
    }

    @Test
    void limitsAreInclusive() {
        assertThat(valid(new SearchRequest("q".repeat(100), 100, null, null, 1.))
                        .topK())
                .isEqualTo(100);
        assertRefused(new SearchRequest("q".repeat(101), 1, null, null, null), "query");
        assertRefused(new SearchRequest("q", 0, null, null, null), "topK");
        assertRefused(new SearchRequest("q", 101, null, null, null), "topK");
        assertRefused(new SearchRequest("q", 1, null, null, 1.01), "minScore");
        assertRefused(new SearchRequest("q", 1, null, null, Double.NaN), "minScore");
    }

    @Test
    void filtersThatCannotMatchAreRefused() {
        assertRefused(filtered(new SearchFilters(List.of(), null, null, null, null, null)), "filters.sourceType");
        assertRefused(
                filtered(new SearchFilters(Arrays.asList("upload", null), null, null, null, null, null)),
                "filters.sourceType");
        assertRefused(filtered(new SearchFilters(null, null, List.of("a\0"), null, null, null)), "filters.externalId");
        assertRefused(
                filtered(new SearchFilters(null, null, null, Map.of("a", List.of("\uD800")), null, null)),
                "filters.metadata");
    }

    @Test
    void emptyFiltersDoNotLimit() {
        assertThat(valid(filtered(new SearchFilters(null, null, null, Map.of(), null, null)))
                        .filters()
                        .limit())
                .isFalse();
    }

    private static SearchRequest filtered(SearchFilters filters) {
        return new SearchRequest("q", null, null, filters, null);
    }

    private static ValidSearch valid(SearchRequest request) {
        return ValidSearch.of(request, 100);
    }

    private static void assertRefused(SearchRequest request, String field) {
        assertThatThrownBy(() -> valid(request)).isInstanceOfSatisfying(Problem.class, problem -> {
            assertThat(problem.getStatusCode().value()).isEqualTo(400);
            assertThat(problem.getBody().getProperties()).containsEntry("field", field);
        });
    }
}
