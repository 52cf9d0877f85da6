package io.knowledgebase.search.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Two fences keep users apart: each of them holds alone. */
class IsolationIT extends SearchServer {

    private static final int QUERIES = 1_000;
    private static final String ANNA = "isolation-anna";
    private static final String BERT = "isolation-bert";
    private static final List<String> WORDS = List.of(
            "pump",
            "valve",
            "water",
            "pressure",
            "filter",
            "engine",
            "oil",
            "brake",
            "wheel",
            "gear",
            "clutch",
            "fuel");

    private final Random random = new Random(7);

    @Autowired
    SearchSettings settings;

    @BeforeEach
    void twoUsersWithTheSameWords() {
        if (!index().ids(ANNA).isEmpty()) {
            return;
        }
        for (int i = 0; i < 15; i++) {
            String[] texts = {words(12), words(12), words(12), words(12)};
            index().add(ANNA, "document-" + i, texts);
            index().add(BERT, "document-" + i, texts);
        }
    }

    @Test
    void withBothFencesNoForeignRowIsFound() {
        assertThat(foreignRows(this::overHttp, QUERIES)).isZero();
    }

    @Test
    void rowLevelSecurityAloneHolds() {
        Search search = search(asSearch, IsolationIT::withoutUser);
        assertThat(foreignRows((user, query) -> documents(search, user, query), QUERIES))
                .isZero();
    }

    @Test
    void theExplicitFilterAloneHolds() {
        Search search = search(asAdministrator(), UnaryOperator.identity());
        assertThat(foreignRows((user, query) -> documents(search, user, query), QUERIES))
                .isZero();
    }

    @Test
    void withoutAnyFenceForeignRowsAreFound() {
        Search search = search(asAdministrator(), IsolationIT::withoutUser);
        assertThat(foreignRows((user, query) -> documents(search, user, query), 20))
                .isPositive();
    }

    @Test
    void withoutAUserNothingIsVisible() {
        for (String table : List.of("documents", "indexed_documents", "document_chunks", "document_chunks_compat")) {
            assertThat(asSearch.queryForObject("select count(*) from " + table, Long.class))
                    .isZero();
        }
    }

    @Test
    void otherTablesAreClosedAndNothingCanBeChanged() {
        for (String sql : List.of(
                "select 1 from users",
                "select 1 from chat_messages",
                "select 1 from document_content_parts",
                "select 1 from document_chunks_g1",
                "delete from document_chunks",
                "update documents set title = 'x'")) {
            assertThatThrownBy(() -> asSearch.execute(sql))
                    .isInstanceOf(DataAccessException.class)
                    .rootCause()
                    .hasMessageContaining("permission denied");
        }
    }

    private interface Searcher {
        Set<UUID> documents(String user, String query);
    }

    private long foreignRows(Searcher searcher, int queries) {
        Set<UUID> annas = new HashSet<>(index().ids(ANNA));
        Set<UUID> berts = new HashSet<>(index().ids(BERT));
        long foreign = 0;
        long own = 0;
        for (int i = 0; i < queries; i++) {
            boolean anna = random.nextBoolean();
            Set<UUID> mine = anna ? annas : berts;
            for (UUID document : searcher.documents(anna ? ANNA : BERT, words(1 + random.nextInt(5)))) {
                if (mine.contains(document)) {
                    own++;
                } else {
                    foreign++;
                }
            }
        }
        assertThat(own).isPositive();
        return foreign;
    }

    private Set<UUID> overHttp(String user, String query) {
        Answer answer =
                search(user, "{\"query\": \"" + query + "\", \"topK\": 100, \"mode\": \"" + mode().code() + "\"}");
        assertThat(answer.status()).isEqualTo(200);
        return answer.body()
                .path("results")
                .valueStream()
                .map(result -> UUID.fromString(result.path("documentId").asString()))
                .collect(Collectors.toSet());
    }

    private Set<UUID> documents(Search search, String user, String query) {
        SearchFilters everything = new SearchFilters(List.of("upload"), null, null, null, null, null);
        SearchFilters filters = random.nextBoolean() ? everything : SearchFilters.NONE;
        return search.search(user, new SearchRequest(query, 100, mode(), filters, null)).results().stream()
                .map(SearchResult::documentId)
                .collect(Collectors.toSet());
    }

    private SearchMode mode() {
        return SearchMode.values()[random.nextInt(SearchMode.values().length)];
    }

    private Search search(JdbcTemplate jdbc, UnaryOperator<String> rewrite) {
        JdbcTransactionManager transactions = new JdbcTransactionManager(jdbc.getDataSource());
        TransactionTemplate readOnly = new TransactionTemplate(transactions);
        readOnly.setReadOnly(true);
        return new Search(
                new SearchStore(jdbc, readOnly, settings, rewrite),
                models,
                new RecentQueries(),
                settings,
                new SearchMetrics(new SimpleMeterRegistry()));
    }

    private static String withoutUser(String sql) {
        String without = sql.replaceAll("\\b\\w+\\.user_id = :user", "true");
        assertThat(without).isNotEqualTo(sql).doesNotContain(":user");
        return without;
    }

    private String words(int count) {
        return random.ints(count, 0, WORDS.size()).mapToObj(WORDS::get).collect(Collectors.joining(" "));
    }
}
