package io.knowledgebase.ingest.publish;

import io.knowledgebase.ingest.publish.PublishStore.Backlog;
import java.time.Duration;
import java.util.function.ToLongFunction;

/** Counts the documents on their way at most every 15 seconds, however often the metrics are read. */
final class BacklogGauge {

    private static final Duration FRESH = Duration.ofSeconds(15);

    private final PublishStore store;
    private Backlog backlog = new Backlog(0, 0);
    private long countedNanos;

    BacklogGauge(PublishStore store) {
        this.store = store;
        this.countedNanos = System.nanoTime() - FRESH.toNanos();
    }

    synchronized double read(ToLongFunction<Backlog> state) {
        if (System.nanoTime() - countedNanos >= FRESH.toNanos()) {
            countedNanos = System.nanoTime();
            backlog = store.backlog();
        }
        return state.applyAsLong(backlog);
    }
}
