package io.knowledgebase.ingest.cutover;

import io.knowledgebase.ingest.cutover.capture.OffsetStore;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileException;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import io.knowledgebase.ingest.seal.Seal;
import io.knowledgebase.schemas.problem.Problem;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What operators wish of the move; each wish may be repeated. */
final class Cutover {

    private static final Logger LOG = LoggerFactory.getLogger(Cutover.class);

    /** While people write there is always something under way; it is waited for once they are stopped. */
    private static final long MOST_LAG = 1_000;

    private static final Duration FRESH = Duration.ofMinutes(15);

    private final CutoverStore store;
    private final OffsetStore offsets;
    private final Seal seal;
    private final Engine.TopicEnds ends;

    Cutover(CutoverStore store, OffsetStore offsets, Seal seal, Engine.TopicEnds ends) {
        this.store = store;
        this.offsets = offsets;
        this.seal = seal;
        this.ends = ends;
    }

    /**
     * The move.
     *
     * @param wish what is to be done next
     * @param lag changes of the file that PostgreSQL does not have yet
     * @param problem why nothing moves at the moment
     * @param verification the last one
     * @param history of the state
     */
    record Status(
            String state,
            CutoverStore.@Nullable Wish wish,
            @Nullable String sqlite,
            @Nullable Instant startedAt,
            Instant since,
            @Nullable String problem,
            long lag,
            @Nullable Instant measuredAt,
            List<TableStatus> tables,
            CutoverStore.@Nullable Verified verification,
            List<CutoverStore.Transition> history) {}

    /**
     * A table of it.
     *
     * @param rowsAtStart in the file
     * @param rowsRead of the snapshot
     * @param changes that followed
     * @param quarantined rows that PostgreSQL cannot take, by reason
     */
    record TableStatus(
            String table, long rowsAtStart, long rowsRead, long changes, SortedMap<String, Long> quarantined) {}

    Status status() {
        CutoverStore.Kept kept = store.read();
        return new Status(
                kept.state().code(),
                kept.wish(),
                kept.sqliteFile(),
                kept.startedAt(),
                kept.changedAt(),
                kept.problem(),
                kept.lag(),
                kept.measuredAt(),
                store.tables().stream()
                        .map(table -> new TableStatus(
                                table.table().table(),
                                table.rowsAtStart(),
                                table.rowsRead(),
                                table.changes(),
                                store.quarantined(table.table())))
                        .toList(),
                store.lastVerification().orElse(null),
                store.transitions());
    }

    /**
     * Begins to take a file over; does nothing if that is under way.
     *
     * @throws Problem 400 if the file is none, 409 if another move is under way, 503 without a key for tokens
     */
    Status start(Path sqlite) {
        seal.seal("", new UUID(0, 0)); // whether there is a key
        Map<LegacyTable, Long> rows;
        try (LegacyFileStore file = LegacyFileStore.open(sqlite)) {
            rows = rows(file);
        } catch (LegacyFileException e) {
            throw Problem.badField("sqlite", "The file " + sqlite + " is not readable: " + e.getMessage() + ".");
        }
        if (rows.isEmpty()) {
            throw Problem.badField("sqlite", "The file " + sqlite + " has none of the application's tables.");
        }
        Map<LegacyTable, Long> nextOffsets = ends.ask();
        store.atomically(() -> {
            CutoverStore.Kept kept = store.lock();
            if (kept.state().captures() && sqlite.toString().equals(kept.sqliteFile())) {
                return kept;
            }
            if (kept.wish() == CutoverStore.Wish.CLEAN) {
                throw Problem.conflict("The file " + kept.sqliteFile() + " is being cleaned. Repeat in a moment.");
            }
            if (kept.state() != State.IDLE && kept.state() != State.ROLLED_BACK) {
                throw Problem.conflict("The move of " + kept.sqliteFile() + " is "
                        + kept.state().code() + "; another one cannot be started.");
            }
            offsets.clear();
            store.begin(sqlite.toString(), rows, nextOffsets);
            store.transition(kept.state(), State.SNAPSHOTTING, "started with " + sqlite.getFileName());
            LOG.info("event=cutover-started tables={}", rows.keySet());
            return kept;
        });
        return status();
    }

    private static Map<LegacyTable, Long> rows(LegacyFileStore file) {
        Map<LegacyTable, Long> rows = new EnumMap<>(LegacyTable.class);
        file.tables().forEach(table -> rows.put(table, file.count(table)));
        return rows;
    }

    /**
     * Compares both sides, when the process that runs the move gets to it.
     *
     * @throws Problem 409 if no rows are taken over
     */
    CutoverStore.Verified verify() {
        return store.atomically(() -> {
            State state = store.lock().state();
            if (state != State.STREAMING && state != State.VERIFIED) {
                throw Problem.conflict(
                        "The move is " + state.code() + "; both sides can be compared while it is streaming.");
            }
            return store.wishVerification();
        });
    }

    CutoverStore.Verified verification(long id) {
        return store.findVerification(id).orElseThrow(() -> Problem.notFound("There is no verification " + id + "."));
    }

    /**
     * Makes PostgreSQL the one that is written to, when the process that runs the move gets to it.
     *
     * @param force although something speaks against it, which is recorded
     * @throws Problem 409 if something speaks against it
     */
    Status complete(boolean force) {
        store.atomically(() -> {
            CutoverStore.Kept kept = store.lock();
            if (kept.state() == State.CUT_OVER || kept.wish() == CutoverStore.Wish.COMPLETE) {
                return kept;
            }
            if (!kept.state().captures() || kept.state() == State.SNAPSHOTTING) {
                throw Problem.conflict("The move is " + kept.state().code() + ", so it cannot be completed.");
            }
            List<String> objections = objections(kept);
            if (!objections.isEmpty() && !force) {
                throw Problem.conflict("Not yet: " + String.join("; ", objections) + ".");
            }
            if (!objections.isEmpty()) {
                LOG.warn("event=cutover-forced overridden=\"{}\"", String.join("; ", objections));
                store.note(kept.state(), "forced although " + String.join("; ", objections));
            }
            store.wish(CutoverStore.Wish.COMPLETE, force);
            return kept;
        });
        return status();
    }

    private List<String> objections(CutoverStore.Kept kept) {
        List<String> objections = new ArrayList<>();
        if (kept.problem() != null) {
            objections.add(kept.problem());
        }
        if (kept.lag() > MOST_LAG) {
            objections.add("PostgreSQL lags behind by " + kept.lag() + " changes");
        }
        if (kept.state() != State.VERIFIED) {
            objections.add("both sides were not found equal since they were last different");
        } else if (store.lastVerification()
                .map(CutoverStore.Verified::finishedAt)
                .filter(at -> at.isAfter(Instant.now().minus(FRESH)))
                .isEmpty()) {
            objections.add("the last verification is older than " + FRESH.toMinutes() + " minutes");
        }
        return objections;
    }

    /**
     * Ends a move that is not completed and removes its triggers and log from the file; rows that are here stay until
     * another move begins.
     *
     * @throws Problem 409 if PostgreSQL is written to
     */
    Status clean() {
        store.atomically(() -> {
            CutoverStore.Kept kept = store.lock();
            if (kept.state() == State.CUT_OVER) {
                throw Problem.conflict("The move is " + kept.state().code() + ", so its file is not cleaned.");
            }
            if (kept.sqliteFile() != null) {
                if (kept.state().captures()) {
                    store.transition(kept.state(), State.IDLE, "ended without being completed");
                }
                store.wish(CutoverStore.Wish.CLEAN, false);
            }
            return kept;
        });
        return status();
    }
}
