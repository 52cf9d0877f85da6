package io.knowledgebase.search.search;

import static org.assertj.core.api.Assertions.assertThat;

import com.pgvector.PGvector;
import io.knowledgebase.search.search.SearchStore.DensePlan;
import io.knowledgebase.search.search.SearchStore.Overview;
import io.knowledgebase.search.search.SearchStore.Scope;
import io.knowledgebase.search.search.SearchStore.Wanted;
import io.knowledgebase.search.search.TermFrequencies.IndexState;
import io.knowledgebase.vectorizer.Models;
import io.knowledgebase.vectorizer.TextAnalysis;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Plans: what is small is compared one by one, what is large goes through the indexes, and k come back either way. */
class LargeUserIT extends SearchServer {

    private static final String LARGE = LargeUser.NAME;
    private static final int DOCUMENTS = 300;
    private static final int QUERIES = 50;
    private static final double LEAST_RECALL = .95;

    @Autowired
    SearchSettings settings;

    private static LargeUser large;

    @BeforeEach
    void thirtyThousandChunks() throws Exception {
        if (large == null) {
            large = new LargeUser();
            large.fill(asAdministrator(), index(), DOCUMENTS);
        }
    }

    @Test
    void theHnswIndexFindsWhatTheExactScanFinds() {
        SearchStore store = store(settings);
        double found = 0;
        for (int query = 0; query < QUERIES; query++) {
            float[] vector = large.vector();
            Set<String> exact = best(store, vector, DensePlan.EXACT);
            Set<String> approximate = best(store, vector, DensePlan.HNSW);
            approximate.retainAll(exact);
            found += approximate.size() / (double) exact.size();
        }
        assertThat(found / QUERIES).isGreaterThanOrEqualTo(LEAST_RECALL);
    }

    @Test
    void theDenseLegOfALargeUserUsesTheHnswIndex() {
        assertThat(densePlan(wanted(LARGE, large.vector(), WeightedTerms.NONE, DensePlan.HNSW, Scope.ALL)))
                .contains("Index Scan using document_chunks_g1_hnsw");
        assertThat(densePlan(wanted(LARGE, large.vector(), WeightedTerms.NONE, DensePlan.HNSW, Scope.SELECTED)))
                .contains("Index Scan using document_chunks_g1_hnsw");
    }

    @Test
    void theLexicalLegUsesItsIndexUnderRowLevelSecurity() {
        WeightedTerms terms = new WeightedTerms(Map.of(17, 2., 4711, 3.));
        for (Scope scope : Scope.values()) {
            Wanted wanted = wanted(LARGE, null, terms, DensePlan.NONE, scope);
            assertThat(plan(wanted, SearchStore.lexicalSql(wanted)))
                    .containsPattern("Bitmap Index Scan on document_chunks_g1_user_id_terms_idx[^>]*terms &&");
        }
    }

    @Test
    void aLargeUserIsAnsweredByTheHnswIndexOverHttp() {
        double before = planned("hnsw");

        Answer answer = search(LARGE, "{\"query\": \"something\", \"mode\": \"dense\"}");

        assertThat(answer.body().path("results")).hasSize(10);
        assertThat(planned("hnsw")).isEqualTo(before + 1);
    }

    @Test
    void filtersThatLeaveLittleAreAnsweredExactly() {
        double before = planned("exact");

        Answer answer = search(
                LARGE,
                "{\"query\": \"something\", \"mode\": \"dense\", \"topK\": 100,"
                        + " \"filters\": {\"externalId\": [\"document-7\"]}}");

        assertThat(answer.body().path("results")).hasSize(100);
        assertThat(planned("exact")).isEqualTo(before + 1);
    }

    @Test
    void ifTheHnswIndexFindsTooFewTheExactScanAnswers() {
        SearchSettings hasty = new SearchSettings(20_000, 1_000, 100, 1, 1, 2_000, Duration.ofMinutes(10), "");
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        Search search = new Search(store(hasty), models, new RecentQueries(), hasty, new SearchMetrics(meters));
        List<String> externalIds = IntStream.range(0, 20)
                .mapToObj(document -> "document-" + document)
                .toList();
        SearchFilters filters = new SearchFilters(null, null, externalIds, null, null, null);

        SearchAnswer answer =
                search.search(LARGE, new SearchRequest("something", 100, SearchMode.DENSE, filters, null));

        assertThat(answer.results()).hasSize(100);
        assertThat(meters.counter("kb.search.plan", "plan", "fallback").count()).isOne();
        SearchAnswer exact = new Search(
                        store(settings), models, new RecentQueries(), settings, new SearchMetrics(meters))
                .search(LARGE, new SearchRequest("something", 100, SearchMode.DENSE, filters, null));
        assertThat(answer.results()).isEqualTo(exact.results());
    }

    @Test
    void selfTestComparesTheIndexWithExactScansForQueriesThatWereAsked() {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        RecentQueries recent = new RecentQueries();
        SearchSettings hasty = new SearchSettings(20_000, 1_000, 100, 1, 1, 2_000, Duration.ofMinutes(10), "");
        new Search(store(settings), models, recent, settings, new SearchMetrics(meters))
                .search(LARGE, new SearchRequest("something", 10, SearchMode.HYBRID, null, null));
        new Search(store(settings), models, recent, settings, new SearchMetrics(meters))
                .search("small-user-1", new SearchRequest("something", 10, SearchMode.HYBRID, null, null));
        assertThat(recent.all()).as("the index answered").containsOnlyKeys(LARGE);
        SelfTest selfTest = new SelfTest(store(settings), recent, meters);
        assertThat(meters.get("kb.search.recall").gauge().value()).isNaN();

        selfTest.run();

        assertThat(meters.get("kb.search.recall").gauge().value()).isGreaterThanOrEqualTo(LEAST_RECALL);
        assertThat(meters.get("kb.search.recall.below.target").gauge().value()).isZero();
        SimpleMeterRegistry others = new SimpleMeterRegistry();
        for (int query = 0; query < RecentQueries.QUERIES; query++) {
            recent.remember(LARGE, 1, large.vector());
        }
        new SelfTest(store(hasty), recent, others).run();
        assertThat(others.get("kb.search.recall.below.target").gauge().value())
                .as("an index that is asked too little of")
                .isOne();
    }

    private double planned(String plan) {
        return get("/actuator/prometheus", "")
                .response()
                .body()
                .lines()
                .filter(line -> line.startsWith("kb_search_plan_total") && line.contains("\"" + plan + "\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private Set<String> best(SearchStore store, float[] vector, DensePlan plan) {
        return store.reading(
                LARGE,
                () -> store.candidates(wanted(LARGE, vector, WeightedTerms.NONE, plan, Scope.ALL), new long[0]).stream()
                        .sorted(Comparator.comparingDouble(Candidate::denseScore)
                                .reversed())
                        .limit(10)
                        .map(Candidate::chunkId)
                        .collect(Collectors.toCollection(HashSet::new)));
    }

    private String densePlan(Wanted wanted) {
        return plan(wanted, SearchStore.candidatesSql(wanted));
    }

    /** The plan that is made once for all parameters, as the role kb_search with row-level security. */
    private String plan(Wanted wanted, String sql) {
        Map<String, Object> values = SearchStore.parameters(wanted);
        values.put("lexical", new int[0]);
        values.put(
                "vector",
                wanted.vector() == null ? null : new PGvector(wanted.vector().get()));
        List<String> literals = new ArrayList<>();
        String numbered = Pattern.compile("(?<!:):(\\w+)").matcher(sql).replaceAll(parameter -> {
            literals.add(literal(values.get(parameter.group(1))));
            return "\\$" + literals.size();
        });
        return store(settings).reading(wanted.user(), () -> {
            SearchStore.prefer(asSearch, wanted.densePlan());
            asSearch.execute("prepare planned as " + numbered);
            try {
                return String.join(
                        "\n",
                        asSearch.queryForList(
                                "explain execute planned (" + String.join(", ", literals) + ")", String.class));
            } finally {
                asSearch.execute("deallocate planned");
            }
        });
    }

    private static String literal(Object value) {
        if (value instanceof int[] numbers) {
            return "'" + Arrays.toString(numbers).replace('[', '{').replace(']', '}') + "'";
        }
        return value == null ? "null" : "'" + value + "'";
    }

    private static Wanted wanted(String user, float[] vector, WeightedTerms terms, DensePlan plan, Scope scope) {
        return new Wanted(
                user,
                new Overview(
                        1,
                        Models.MINI_LM_INT8,
                        null,
                        LargeUser.DIMENSION,
                        TextAnalysis.ENGLISH,
                        true,
                        new IndexState(1, DOCUMENTS, DOCUMENTS * LargeUser.CHUNKS_PER_DOCUMENT, null)),
                SearchFilters.NONE,
                vector == null ? null : () -> vector,
                terms,
                plan,
                scope,
                150);
    }

    private SearchStore store(SearchSettings settings) {
        TransactionTemplate readOnly = new TransactionTemplate(new JdbcTransactionManager(asSearch.getDataSource()));
        readOnly.setReadOnly(true);
        return new SearchStore(asSearch, readOnly, settings);
    }
}
