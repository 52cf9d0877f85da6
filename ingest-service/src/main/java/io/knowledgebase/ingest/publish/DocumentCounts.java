package io.knowledgebase.ingest.publish;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Counts the documents by state at most every 15 seconds, however often the metrics are read. */
final class DocumentCounts {

    /** Waiting for their event, waiting for its outcome, and the outcomes. */
    static final List<String> STATES = List.of("pending", "published", "indexed", "failed", "deleted");

    private static final Duration FRESH = Duration.ofSeconds(15);

    private final PublishStore store;
    private Map<String, Long> counts = Map.of();
    private long countedNanos;

    DocumentCounts(PublishStore store) {
        this.store = store;
        this.countedNanos = System.nanoTime() - FRESH.toNanos();
    }

    synchronized double of(String state) {
        if (System.nanoTime() - countedNanos >= FRESH.toNanos()) {
            countedNanos = System.nanoTime();
            counts = store.countDocuments();
        }
        return counts.getOrDefault(state, 0L);
    }
}
