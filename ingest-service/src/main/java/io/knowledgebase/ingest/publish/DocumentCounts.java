package io.knowledgebase.ingest.publish;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts the documents by state in the background, because that reads them all. */
final class DocumentCounts implements AutoCloseable {

    /** Waiting for their event, waiting for its outcome, and the outcomes. */
    static final List<String> STATES = List.of("pending", "published", "indexed", "failed", "deleted");

    private static final Logger LOG = LoggerFactory.getLogger(DocumentCounts.class);
    private static final Duration INTERVAL = Duration.ofMinutes(1);

    private final Supplier<Map<String, Long>> counter;
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "document-counts");
        thread.setDaemon(true);
        return thread;
    });
    private volatile Map<String, Long> counts = Map.of();

    /** Counts that are not known yet. */
    DocumentCounts(Supplier<Map<String, Long>> counter) {
        this.counter = counter;
    }

    void start() {
        var unused = executor.scheduleWithFixedDelay(this::count, 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    void count() {
        try {
            counts = counter.get();
        } catch (RuntimeException e) { // the schedule would end with it
            counts = Map.of();
            LOG.warn("event=documents-not-counted error={}", e.getClass().getSimpleName());
        }
    }

    /** Never waits; not a number while unknown. */
    double of(String state) {
        Long known = counts.get(state);
        return known == null ? Double.NaN : known;
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
