package io.knowledgebase.search.search;

import io.knowledgebase.search.search.SearchStore.DensePlan;
import io.knowledgebase.search.search.SearchStore.Overview;
import io.knowledgebase.search.search.SearchStore.Scope;
import io.knowledgebase.search.search.SearchStore.Wanted;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/** Asks the HNSW index and the exact scan the same, with queries that large users really had, and compares. */
final class SelfTest implements Runnable {

    /** Share of the true ten nearest that the index must find. */
    static final double TARGET = .95;

    private static final Logger LOG = LoggerFactory.getLogger(SelfTest.class);
    private static final int NEAREST = 10;
    private static final double SAME_SCORE = 1e-6;

    private final SearchStore store;
    private final RecentQueries queries;

    private volatile double least = Double.NaN;
    private volatile int belowTarget;

    SelfTest(SearchStore store, RecentQueries queries, MeterRegistry meters) {
        this.store = store;
        this.queries = queries;
        Gauge.builder("kb.search.recall", () -> least)
                .description("Recall@10 of the index for the large user it serves worst, by the last self-test")
                .register(meters);
        Gauge.builder("kb.search.recall.below.target", () -> belowTarget)
                .description("Large users for whom the index finds less than " + TARGET + " of the ten nearest")
                .register(meters);
    }

    @Override
    public void run() {
        double worst = Double.NaN;
        int below = 0;
        for (var user : queries.all().entrySet()) {
            try {
                OptionalDouble recall = recall(user.getKey(), user.getValue());
                if (recall.isPresent()) {
                    worst = Double.isNaN(worst) ? recall.getAsDouble() : Math.min(worst, recall.getAsDouble());
                    if (recall.getAsDouble() < TARGET) {
                        below++;
                        LOG.warn("event=recall-below-target userId={} recall={}", user.getKey(), recall.getAsDouble());
                    }
                }
            } catch (DataAccessException | TransactionException e) {
                LOG.warn("event=self-test-broken-off cause=\"{}\"", e.getMessage());
                return;
            }
        }
        least = worst;
        belowTarget = below;
    }

    /** Of the queries that are of the live generation. */
    private OptionalDouble recall(String user, List<RecentQueries.Query> asked) {
        return asked.stream()
                .map(query -> store.reading(user, () -> {
                    Overview overview = store.overview(user);
                    return overview.generation() == query.generation() && overview.hasHnsw()
                            ? OptionalDouble.of(recall(user, overview, query.vector()))
                            : OptionalDouble.empty();
                }))
                .filter(OptionalDouble::isPresent)
                .mapToDouble(OptionalDouble::getAsDouble)
                .average();
    }

    private double recall(String user, Overview overview, float[] vector) {
        List<Double> exact = nearest(user, overview, vector, DensePlan.EXACT); // first: HNSW forbids to sort
        if (exact.isEmpty()) {
            return 1;
        }
        // Many may be as near as the last one: any of them is right.
        double last = exact.get(exact.size() - 1) - SAME_SCORE;
        long hits = nearest(user, overview, vector, DensePlan.HNSW).stream()
                .filter(score -> score >= last)
                .count();
        return (double) hits / exact.size();
    }

    /** Scores of the nearest, best first. */
    private List<Double> nearest(String user, Overview overview, float[] vector, DensePlan plan) {
        Wanted wanted = new Wanted(
                user,
                overview,
                SearchFilters.NONE,
                () -> vector,
                WeightedTerms.NONE,
                plan,
                Scope.ALL,
                NEAREST + Search.INVISIBLE_MARGIN);
        return store.candidates(wanted, new long[0]).stream()
                .filter(Candidate::visible)
                .map(Candidate::denseScore)
                .sorted(Comparator.reverseOrder())
                .limit(NEAREST)
                .toList();
    }
}
