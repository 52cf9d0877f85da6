package io.knowledgebase.ingest.cutover;

import io.knowledgebase.ingest.cutover.capture.Capture;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import io.knowledgebase.ingest.cutover.sink.SinkLoop;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What runs while changes are taken over. For one thread, but for {@link #await}. */
final class Engine implements AutoCloseable {

    private static final long LOOK_MS = 20;

    private final Capture capture;
    private final SinkLoop sink;
    private final LegacyFileStore file;
    private final TopicEnds ends;

    /** The next offsets of the topics that nothing was written at yet. */
    @FunctionalInterface
    interface TopicEnds {
        Map<LegacyTable, Long> ask();
    }

    Engine(Capture capture, SinkLoop sink, LegacyFileStore file, TopicEnds ends) {
        this.capture = capture;
        this.sink = sink;
        this.file = file;
        this.ends = ends;
    }

    /**
     * How far it is.
     *
     * @param lastChange of the file's log
     * @param captured the last change that Kafka has
     * @param waiting events that Kafka has and PostgreSQL has not
     */
    record Lag(long lastChange, long captured, boolean snapshotDone, long waiting, Optional<String> problem) {

        /** Whether everything that had happened is in PostgreSQL. */
        boolean isNone() {
            return snapshotDone && captured >= lastChange && waiting == 0 && problem.isEmpty();
        }
    }

    Lag lag() {
        long lastChange = file.lastChange(); // before what follows, which is then at least as far
        long captured = capture.captured();
        boolean snapshotDone = capture.snapshotDone();
        Map<LegacyTable, Long> positions = sink.positions();
        long waiting = ends.ask().entrySet().stream()
                .mapToLong(end -> Math.max(0, end.getValue() - positions.getOrDefault(end.getKey(), 0L)))
                .sum();
        return new Lag(
                lastChange,
                captured,
                snapshotDone,
                waiting,
                Stream.of(capture.problem(), sink.problem())
                        .flatMap(Optional::stream)
                        .findFirst());
    }

    /** Waits until PostgreSQL has every change up to one. For any thread. */
    void await(long changeId) throws InterruptedException {
        while (capture.captured() < changeId) {
            Thread.sleep(LOOK_MS);
        }
        Map<LegacyTable, Long> told = ends.ask();
        while (told.entrySet().stream()
                .anyMatch(end -> sink.positions().getOrDefault(end.getKey(), Long.MAX_VALUE) < end.getValue())) {
            Thread.sleep(LOOK_MS);
        }
    }

    /** Whether the capture has ended by itself, so that another one has to be made. */
    boolean isBroken() {
        return capture.problem().isPresent();
    }

    @Override
    public void close() {
        try (file;
                sink) {
            capture.close();
        }
    }
}
