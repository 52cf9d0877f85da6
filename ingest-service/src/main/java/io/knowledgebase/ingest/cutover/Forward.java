package io.knowledgebase.ingest.cutover;

import io.knowledgebase.ingest.cutover.capture.Capture;
import io.knowledgebase.ingest.cutover.legacy.LegacyExports;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import io.knowledgebase.ingest.cutover.sink.SinkLoop;
import io.knowledgebase.sqlite.Export;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What runs while changes are taken over. For one thread, but for {@link #await}. */
final class Forward implements AutoCloseable {

    private static final long LOOK_MS = 20;

    private final Capture capture;
    private final SinkLoop sink;
    private final @Nullable LegacyFileStore file;
    private final Supplier<Map<LegacyTable, Long>> ends;
    /** Of the topics, once they had all rows. */
    private @Nullable Map<LegacyTable, Long> endsOfRows;

    /**
     * What was started.
     *
     * @param file that is captured, closed at the end; null for exports
     * @param ends the next offsets of the topics, at which nothing was written yet
     */
    Forward(Capture capture, SinkLoop sink, @Nullable LegacyFileStore file, Supplier<Map<LegacyTable, Long>> ends) {
        this.capture = capture;
        this.sink = sink;
        this.file = file;
        this.ends = ends;
    }

    /**
     * How far it is.
     *
     * @param lastChange of the file's log; of exports nobody knows it before the next one
     * @param captured the last change that Kafka has; 0 if it is not known yet
     * @param waiting events that Kafka has and PostgreSQL has not
     * @param rowsAreHere whether PostgreSQL has all rows that there were at the start
     */
    record Lag(long lastChange, long captured, long waiting, boolean rowsAreHere, Optional<String> problem) {}

    Lag lag() {
        long known = file == null ? 0 : file.lastChange(); // before what follows, which is then at least as far
        long captured = Math.max(0, capture.captured());
        long lastChange = file == null ? captured : known;
        boolean allRowsTold = capture.snapshotDone();
        Map<LegacyTable, Long> told = ends.get();
        if (allRowsTold && endsOfRows == null) {
            endsOfRows = told;
        }
        return new Lag(
                lastChange,
                captured,
                waiting(told),
                endsOfRows != null && !sink.positions().isEmpty() && waiting(endsOfRows) == 0,
                Stream.of(capture.problem(), sink.problem())
                        .flatMap(Optional::stream)
                        .findFirst());
    }

    private long waiting(Map<LegacyTable, Long> told) {
        Map<LegacyTable, Long> positions = sink.positions();
        return told.entrySet().stream()
                .filter(end -> positions.containsKey(end.getKey()))
                .mapToLong(end -> Math.max(0, end.getValue() - positions.getOrDefault(end.getKey(), 0L)))
                .sum();
    }

    /** Waits until PostgreSQL has every change up to one. For any thread. */
    void await(long changeId) throws InterruptedException {
        while (capture.captured() < changeId) {
            Thread.sleep(LOOK_MS);
        }
        Map<LegacyTable, Long> told = ends.get();
        while (sink.positions().isEmpty() || waiting(told) > 0) {
            Thread.sleep(LOOK_MS);
        }
    }

    /** The last export that was taken, once PostgreSQL has everything of it; empty while it has not. For any thread. */
    Optional<Export> arrivedExport(LegacyExports exports) throws InterruptedException {
        Optional<Export> last = exports.lastTaken();
        if (last.isEmpty() || !isLast(exports, last.get())) {
            return Optional.empty();
        }
        await(0);
        return last;
    }

    /** Whether Kafka has everything of an export, and no later one is known. For any thread. */
    boolean isLast(LegacyExports exports, Export export) {
        return capture.exportTold().equals(Optional.of(export))
                && exports.lastTaken().equals(Optional.of(export));
    }

    /** Whether the capture has ended by itself, so that another one has to be made. */
    boolean isBroken() {
        return capture.isBroken();
    }

    @Override
    public void close() {
        LegacyFileStore watched = file;
        try (watched;
                sink) {
            capture.close();
        }
    }
}
