package io.knowledgebase.ingest.cutover;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/** How fast a total has grown of late. For one thread. */
final class Rate {

    private static final long WINDOW_NANOS = Duration.ofSeconds(10).toNanos();
    private static final double NANOS = 1e9;

    private record Seen(long nanos, long total) {}

    private final Deque<Seen> seen = new ArrayDeque<>();

    /** Per second, within the last ten; 0 at first. */
    double of(long total) {
        Seen now = new Seen(System.nanoTime(), total);
        seen.removeIf(one -> now.nanos() - one.nanos() > WINDOW_NANOS || one.total() > total);
        seen.addLast(now);
        Seen first = seen.getFirst();
        return first.nanos() == now.nanos() ? 0 : (total - first.total()) * NANOS / (now.nanos() - first.nanos());
    }
}
