package io.knowledgebase.search.search;

import io.knowledgebase.search.search.SearchStore.DensePlan;
import io.knowledgebase.search.search.SearchStore.Overview;
import io.knowledgebase.search.search.SearchStore.Scope;
import io.knowledgebase.search.search.SearchStore.Wanted;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Prints recall and time of the dense leg for a user of 200,000 chunks with synthetic vectors, with the HNSW index and
 * without, with a filter that lets 1 % through and without. It runs only when asked for:
 *
 * <pre>mvn verify -pl search-service -am -Dtest=none -Dit.test=LargeUserMeasurement \
 *     -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false</pre>
 */
class LargeUserMeasurement extends SearchServer {

    private static final int DOCUMENTS = Integer.getInteger("kb.large.documents", 2_000);
    private static final int QUERIES = 200;
    private static final int NEAREST = 10;
    private static final int ONE_PERCENT = 100;

    @Autowired
    SearchSettings settings;

    @Test
    void print() throws Exception {
        LargeUser large = new LargeUser();
        large.fill(asAdministrator(), index(), DOCUMENTS);
        TransactionTemplate readOnly = new TransactionTemplate(new JdbcTransactionManager(asSearch.getDataSource()));
        readOnly.setReadOnly(true);
        SearchStore store = new SearchStore(asSearch, readOnly, settings);
        List<float[]> queries =
                IntStream.range(0, QUERIES).mapToObj(i -> large.vector()).toList();
        SearchFilters few = new SearchFilters(
                null,
                null,
                IntStream.range(0, DOCUMENTS / ONE_PERCENT)
                        .mapToObj(i -> "document-" + i * ONE_PERCENT)
                        .toList(),
                null,
                null,
                null);
        System.out.println(DOCUMENTS * LargeUser.CHUNKS_PER_DOCUMENT + " chunks, " + QUERIES + " queries, recall@10");
        Measured exact = measure(store, queries, SearchFilters.NONE, DensePlan.EXACT, Scope.ALL);
        print("all, exact", exact, exact);
        print("all, HNSW", measure(store, queries, SearchFilters.NONE, DensePlan.HNSW, Scope.ALL), exact);
        Measured exactOfFew = measure(store, queries, few, DensePlan.EXACT, Scope.FEW_SELECTED);
        print("1 % filter, exact (what a search does)", exactOfFew, exactOfFew);
        print("1 % filter, HNSW", measure(store, queries, few, DensePlan.HNSW, Scope.SELECTED), exactOfFew);
    }

    private record Measured(List<Double> millis, List<Set<Long>> found) {}

    private static Measured measure(
            SearchStore store, List<float[]> queries, SearchFilters filters, DensePlan plan, Scope scope) {
        List<Double> millis = new ArrayList<>();
        List<Set<Long>> found = new ArrayList<>();
        for (int pass = 0; pass < 2; pass++) { // the first one warms up
            millis.clear();
            found.clear();
            for (float[] query : queries) {
                long start = System.nanoTime();
                found.add(store.reading(LargeUser.NAME, () -> {
                    Overview overview = store.overview(LargeUser.NAME);
                    Wanted wanted = new Wanted(
                            LargeUser.NAME, overview, filters, () -> query, WeightedTerms.NONE, plan, scope, 100);
                    return nearest(store.candidates(wanted, new long[0]));
                }));
                millis.add((System.nanoTime() - start) / 1e6);
            }
        }
        return new Measured(millis.stream().sorted().toList(), found);
    }

    private static Set<Long> nearest(List<Candidate> candidates) {
        return candidates.stream()
                .filter(Candidate::visible)
                .sorted(Comparator.comparingDouble(Candidate::denseScore).reversed())
                .limit(NEAREST)
                .map(Candidate::rowId)
                .collect(Collectors.toCollection(HashSet::new));
    }

    private static void print(String what, Measured measured, Measured exact) {
        double recall = 0;
        for (int i = 0; i < exact.found().size(); i++) {
            Set<Long> found = new HashSet<>(measured.found().get(i));
            found.retainAll(exact.found().get(i));
            recall += (double) found.size() / NEAREST;
        }
        System.out.println(String.format(
                Locale.ROOT,
                "%-40s recall %.3f  p50 %.1f ms  p99 %.1f ms",
                what,
                recall / exact.found().size(),
                measured.millis().get(measured.millis().size() / 2),
                measured.millis().get(measured.millis().size() * 99 / 100)));
    }
}
