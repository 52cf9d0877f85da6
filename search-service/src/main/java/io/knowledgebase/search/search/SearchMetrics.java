package io.knowledgebase.search.search;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Counts and times searches. */
final class SearchMetrics {

    private final MeterRegistry registry;
    private final DistributionSummary results;

    SearchMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.results = DistributionSummary.builder("kb.search.results")
                .description("Results per search")
                .register(registry);
        for (SearchMode mode : SearchMode.values()) {
            searches(mode);
        }
        for (String plan : new String[] {"exact", "hnsw", "fallback"}) {
            plans(plan);
        }
    }

    /** Times a part of a search. */
    <T> T leg(String leg, Supplier<T> work) {
        long start = System.nanoTime();
        try {
            return work.get();
        } finally {
            Timer.builder("kb.search.leg")
                    .description("Time of a part of a search")
                    .tag("leg", leg)
                    .register(registry)
                    .record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
        }
    }

    /** Counts how the dense leg was answered. */
    void planned(String plan) {
        plans(plan).increment();
    }

    void searched(SearchMode mode, long nanos, int count) {
        searches(mode).record(nanos, TimeUnit.NANOSECONDS);
        results.record(count);
    }

    private Timer searches(SearchMode mode) {
        return Timer.builder("kb.search")
                .description("Time of a search, the embedding of its query included")
                .tag("mode", mode.code())
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofMillis(1))
                .maximumExpectedValue(Duration.ofSeconds(5))
                .register(registry);
    }

    private Counter plans(String plan) {
        return Counter.builder("kb.search.plan")
                .description("How the dense leg was answered")
                .tag("plan", plan)
                .register(registry);
    }
}
