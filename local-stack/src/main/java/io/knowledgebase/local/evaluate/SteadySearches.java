package io.knowledgebase.local.evaluate;

import io.knowledgebase.local.client.ServiceClient;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/** Asks the same queries again and again, so many a second whatever they take, and notes how they fare by phase. */
final class SteadySearches implements AutoCloseable {

    private static final int THREADS = 16;
    private static final int TOP_K = 10;

    private final ServiceClient search;
    private final List<String> queries;
    private final ScheduledExecutorService clock = Executors.newScheduledThreadPool(THREADS);
    private final Map<String, Phase> phases = new LinkedHashMap<>();

    private Phase phase = new Phase();
    private int asked;

    /** Starts at once. */
    SteadySearches(ServiceClient search, List<String> queries, int perSecond) {
        this.search = search;
        this.queries = List.copyOf(queries);
        long periodMicros = TimeUnit.SECONDS.toMicros(1) / perSecond;
        // Each thread asks in turn, so that a slow answer holds up no other query.
        for (int thread = 0; thread < THREADS; thread++) {
            var unused = clock.scheduleAtFixedRate(
                    this::ask, thread * periodMicros, THREADS * periodMicros, TimeUnit.MICROSECONDS);
        }
    }

    /** What came of the searches that were begun in a phase. */
    static final class Phase {

        private final List<Double> latenciesMs = new ArrayList<>();
        private final List<String> failures = new ArrayList<>();

        synchronized int searches() {
            return latenciesMs.size() + failures.size();
        }

        synchronized List<String> failures() {
            return List.copyOf(failures);
        }

        /** In milliseconds, of those that were answered; 0 without any. */
        synchronized double percentile(double share) {
            List<Double> sorted = latenciesMs.stream().sorted().toList();
            return sorted.isEmpty() ? 0 : sorted.get((int) Math.round(share * (sorted.size() - 1)));
        }

        private synchronized void answered(double ms) {
            latenciesMs.add(ms);
        }

        private synchronized void failed(String why) {
            failures.add(why);
        }
    }

    /** From now on what is asked belongs to another phase. */
    synchronized void begin(String name) {
        phase = phases.computeIfAbsent(name, any -> new Phase());
    }

    synchronized Map<String, Phase> phases() {
        return Map.copyOf(phases);
    }

    private synchronized String next() {
        return queries.get(asked++ % queries.size());
    }

    private synchronized Phase phase() {
        return phase;
    }

    private void ask() {
        Phase now = phase();
        long start = System.nanoTime();
        try {
            JsonNode answer = search.postJson("/v1/search", Map.of("query", next(), "topK", TOP_K));
            if (answer.path("results").size() < TOP_K) {
                now.failed(answer.path("results").size() + " results");
            } else {
                now.answered((System.nanoTime() - start) / 1e6);
            }
        } catch (RuntimeException e) { // the schedule would end with it
            now.failed(String.valueOf(e.getMessage()));
        }
    }

    /** Begins no more and waits for those under way. */
    @Override
    public void close() {
        clock.shutdown();
        try {
            if (!clock.awaitTermination(1, TimeUnit.MINUTES)) {
                clock.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            clock.shutdownNow();
        }
    }
}
