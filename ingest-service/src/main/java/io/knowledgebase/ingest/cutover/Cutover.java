package io.knowledgebase.ingest.cutover;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.knowledgebase.ingest.cutover.debezium.OffsetStore;
import io.knowledgebase.ingest.cutover.inspect.Inspection;
import io.knowledgebase.ingest.cutover.inspect.Report;
import io.knowledgebase.ingest.cutover.legacy.LegacyExports;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileException;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import io.knowledgebase.ingest.cutover.legacy.LegacyTopics;
import io.knowledgebase.ingest.cutover.qdrant.CollectionInspection;
import io.knowledgebase.ingest.cutover.qdrant.ImportProgress;
import io.knowledgebase.ingest.cutover.qdrant.ImportResult;
import io.knowledgebase.ingest.cutover.qdrant.KeptText;
import io.knowledgebase.ingest.cutover.qdrant.QdrantAwayException;
import io.knowledgebase.ingest.cutover.qdrant.QdrantImport;
import io.knowledgebase.ingest.cutover.qdrant.QdrantSource;
import io.knowledgebase.ingest.cutover.qdrant.regroup.Reason;
import io.knowledgebase.ingest.cutover.sink.Sink;
import io.knowledgebase.ingest.cutover.wayback.WayBackStore;
import io.knowledgebase.ingest.seal.Seal;
import io.knowledgebase.schemas.problem.Problem;
import io.knowledgebase.sqlite.Export;
import io.knowledgebase.sqlite.Exports;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.PessimisticLockingFailureException;

/** What operators wish of the move; each wish may be repeated. */
final class Cutover {

    private static final Logger LOG = LoggerFactory.getLogger(Cutover.class);

    /** While people write there is always something under way; it is waited for once they are stopped. */
    private static final long MOST_LAG = 1_000;

    static final Duration FRESH = Duration.ofMinutes(15);

    private static final int MOST_LISTED = 10_000;
    private final CutoverStore store;
    private final WayBackStore wayBacks;
    private final QdrantImport points;
    private final OffsetStore offsets;
    private final Seal seal;
    private final LegacyTopics topics;
    private final Sink sink;

    Cutover(
            CutoverStore store,
            WayBackStore wayBacks,
            QdrantImport points,
            OffsetStore offsets,
            Seal seal,
            LegacyTopics topics,
            Sink sink) {
        this.store = store;
        this.wayBacks = wayBacks;
        this.points = points;
        this.offsets = offsets;
        this.seal = seal;
        this.topics = topics;
        this.sink = sink;
    }

    /**
     * The move.
     *
     * @param wish what is to be done next
     * @param blockers what speaks against the next step, which is completing, or once that is done going back
     * @param lag changes of the file that PostgreSQL does not have yet
     * @param problem why nothing moves at the moment
     * @param perSecond rows and changes that were taken of late
     * @param remainingSeconds until PostgreSQL has what it lacks now; null if nobody knows
     * @param wayBack how it is prepared, if it is
     * @param qdrant how far the import of its points is, if they are imported
     * @param verification the last one
     * @param history of the state
     */
    record Status(
            String state,
            CutoverStore.@Nullable Wish wish,
            @Nullable String sqlite,
            @Nullable Exported exports,
            @Nullable Instant startedAt,
            Instant since,
            @Nullable String problem,
            List<String> blockers,
            long lag,
            @Nullable Instant measuredAt,
            double perSecond,
            @Nullable Long remainingSeconds,
            List<TableStatus> tables,
            @Nullable Return wayBack,
            @Nullable ImportProgress qdrant,
            CutoverStore.@Nullable Verified verification,
            List<CutoverStore.Transition> history) {}

    /**
     * Exports of the file.
     *
     * @param last that was taken
     * @param ignored files that were not
     */
    record Exported(String folder, @Nullable String last, List<Ignored> ignored) {}

    /** A file in the folder that was not taken. */
    record Ignored(String file, String reason) {}

    /**
     * The way back.
     *
     * @param rowsTakenBack that the file has from PostgreSQL
     * @param refused rows that it cannot take as they are, by table
     * @param retainedBytes of PostgreSQL's log, which it may not remove yet
     * @param walStatus as PostgreSQL calls it; {@code lost} means that there is no way back any more
     */
    record Return(long rowsTakenBack, Map<String, Long> refused, long retainedBytes, String walStatus) {}

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
        List<CutoverStore.Table> tables = store.tables();
        Return wayBack = kept.state() == State.CUT_OVER ? wayBack(kept) : null;
        return new Status(
                kept.state().code(),
                kept.wish(),
                kept.sqliteFile(),
                exports(kept),
                kept.startedAt(),
                kept.changedAt(),
                kept.problem(),
                blockers(kept, wayBack),
                kept.lag(),
                kept.measuredAt(),
                kept.perSecond(),
                remainingSeconds(kept, tables),
                tables.stream()
                        .map(table -> new TableStatus(
                                table.table(),
                                table.rowsAtStart(),
                                table.rowsRead(),
                                table.changes(),
                                store.quarantined(table.table())))
                        .toList(),
                wayBack,
                points.progress()
                        .filter(round -> isOfMove(round.begunAt(), kept))
                        .orElse(null),
                store.lastVerification().orElse(null),
                store.transitions());
    }

    private static @Nullable Exported exports(CutoverStore.Kept kept) {
        LegacyExports exports = kept.exports();
        if (exports == null || kept.exportsFolder() == null) {
            return null;
        }
        Exports known = exports.known();
        return new Exported(
                kept.exportsFolder(),
                known.last().map(Export::name).orElse(null),
                known.ignored().stream()
                        .map(one -> new Ignored(one.file().name(), one.reason()))
                        .toList());
    }

    Evidence evidence() {
        return new Evidence(
                Instant.now(),
                status(),
                store.verifications(),
                store.quarantine(MOST_LISTED),
                store.notTakenBack(MOST_LISTED),
                store.newDocuments(null, MOST_LISTED),
                points.result()
                        .filter(round -> isOfMove(round.begunAt(), store.read()))
                        .orElse(null));
    }

    /** Whether it is not of a move before this one. */
    private static boolean isOfMove(Instant moment, CutoverStore.Kept kept) {
        return kept.startedAt() != null && moment.isAfter(kept.startedAt());
    }

    private static @Nullable Long remainingSeconds(CutoverStore.Kept kept, List<CutoverStore.Table> tables) {
        long rows = tables.stream()
                .mapToLong(table -> Math.max(0, table.rowsAtStart() - table.rowsRead()))
                .sum();
        long remaining = kept.state() == State.SNAPSHOTTING ? rows : kept.lag();
        if (!kept.state().captures() || (kept.perSecond() < 1 && remaining > 0)) {
            return null;
        }
        return remaining == 0 ? 0 : Math.round(remaining / kept.perSecond());
    }

    private List<String> blockers(CutoverStore.Kept kept, @Nullable Return wayBack) {
        if (wayBack != null && wayBack.walStatus().equals(WayBackStore.LOST)) {
            return List.of("PostgreSQL's log is lost, so the file lacks what was written since the cutover");
        }
        if (kept.wish() == CutoverStore.Wish.COMPLETE && kept.exports() != null && !kept.forced()) {
            return List.of("the last export is awaited, younger than all that there were");
        }
        if (kept.state() == State.CUT_OVER && lacksPoints()) {
            return List.of("the move cannot be closed: " + whatPointsLack());
        }
        return switch (kept.state()) {
            case SNAPSHOTTING -> List.of("rows are still being read");
            case STREAMING, VERIFIED -> objections(kept);
            case IDLE, CUT_OVER, ROLLED_BACK, CLOSED -> kept.problem() == null ? List.of() : List.of(kept.problem());
        };
    }

    private String whatPointsLack() {
        return store.textsLookedForSinceChange()
                .map(last ->
                        "texts of Qdrant's are missing, or cannot be found, says verification " + last.verification()
                                + "; they are looked for again every " + Steps.TEXTS_AGAIN.toMinutes() + " minutes")
                .orElse("Qdrant's last points are not imported and verified yet");
    }

    private boolean lacksPoints() {
        return points.isWanted()
                && !store.textsLookedForSinceChange()
                        .map(CutoverStore.TextsLookedFor::found)
                        .orElse(false);
    }

    private Return wayBack(CutoverStore.Kept kept) {
        Optional<WayBackStore.Slot> slot = wayBacks.slot();
        return new Return(
                kept.takenBack(),
                wayBacks.refused(),
                slot.map(WayBackStore.Slot::retainedBytes).orElse(0L),
                slot.map(WayBackStore.Slot::walStatus).orElse(WayBackStore.LOST));
    }

    /**
     * Begins to take a file over, and perhaps a collection. If that is under way with the same file, it does nothing but
     * to put down how the collection is reached.
     *
     * @throws Problem 400 if the file is none, 422 if the collection cannot be had, 409 if another move is under way, 503
     *     without a key for tokens
     */
    Status start(Source source) {
        seal.seal("", new UUID(0, 0)); // whether there is a key
        String field = source.exports() == null ? "sqlite" : "exports";
        QdrantSource qdrant = source.qdrant();
        Map<LegacyTable, Long> rows;
        try (LegacyFileStore file = source.open()) {
            source.schema().check(file);
            rows = rows(file);
            if (qdrant != null) {
                check(qdrant, file);
            }
        } catch (LegacyFileException e) {
            throw Problem.badField(field, "The file of " + source.name() + " is not readable: " + e.getMessage() + ".");
        }
        if (rows.isEmpty()) {
            throw Problem.badField(field, "The file of " + source.name() + " has none of the application's tables.");
        }
        topics.prepare(source.schema());
        Map<LegacyTable, Long> nextOffsets = topics.ends(rows.keySet());
        store.atomically(() -> {
            CutoverStore.Kept kept = store.lock();
            if (kept.state().captures() && source.name().equals(kept.source())) {
                if (source.mapped() != null
                        && !source.schema().mapping().equals(kept.schema().mapping())) {
                    throw Problem.conflict("Something else is mapped in this move; end it before with clean.");
                }
                if (qdrant != null) {
                    addOrChange(qdrant);
                }
                return kept;
            }
            if (kept.wish() != null) {
                throw Problem.conflict("The move of " + kept.source() + " is still being ended. Repeat in a moment.");
            }
            if (kept.state() != State.IDLE && kept.state() != State.ROLLED_BACK) {
                throw Problem.conflict("The move of " + kept.source() + " is "
                        + kept.state().code() + "; another one cannot be started.");
            }
            offsets.clear();
            inShortLocks(() -> store.extend(source.schema()));
            if (source.exports() != null) {
                new LegacyExports(source.exports()).forget(); // what another move knew
            }
            store.begin(source, rows, nextOffsets);
            inShortLocks(store::shut); // foreign keys, too
            source.schema().tables().stream()
                    .filter(table -> !rows.containsKey(table)) // the others are cleared when they are read
                    .forEach(sink::clear);
            begin(qdrant);
            store.transition(kept.state(), State.SNAPSHOTTING, "started with " + source.name());
            LOG.info(
                    "event=cutover-started tables={}",
                    rows.keySet().stream().map(LegacyTable::table).toList());
            return kept;
        });
        return status();
    }

    private void check(QdrantSource qdrant, LegacyFileStore file) {
        uninterrupted(() -> points.check(qdrant));
        String unownedTo = qdrant.unownedTo();
        if (unownedTo != null && !points.isUser(unownedTo) && !file.hasUser(unownedTo)) {
            throw Problem.badField("qdrant.unownedTo", "There is no user " + unownedTo + ".");
        }
    }

    private void begin(@Nullable QdrantSource qdrant) {
        if (qdrant == null) {
            points.leave();
            return;
        }
        if (isOther(qdrant)) {
            points.forget();
        }
        points.keep(qdrant);
    }

    private void addOrChange(QdrantSource qdrant) {
        if (isOther(qdrant)) {
            throw Problem.conflict("Another collection is imported in this move.");
        }
        points.keep(qdrant);
    }

    private boolean isOther(QdrantSource qdrant) {
        return points.progress()
                .filter(known -> !known.collection().equals(qdrant.collection()))
                .isPresent();
    }

    private static <T> T uninterrupted(Callable<T> call) {
        try {
            return call.call();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (QdrantAwayException e) {
            throw Problem.unprocessable("qdrant.url", e.getMessage() + ".");
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Reads a file, or the first export, and perhaps a collection, and changes nothing.
     *
     * @throws Problem 400 if the file cannot be read, 422 if the collection cannot
     */
    Inspected inspect(Source source) {
        QdrantSource qdrant = source.qdrant();
        return new Inspected(
                Inspection.of(source.first(), source.schema()),
                qdrant == null ? null : uninterrupted(() -> points.inspect(qdrant)));
    }

    /** What is in both. */
    record Inspected(@JsonUnwrapped Report report, @Nullable CollectionInspection qdrant) {}

    /** Documents that were added or changed since the cutover, after one of them. */
    List<CutoverStore.NewDocument> newDocuments(@Nullable UUID after, int limit) {
        return store.newDocuments(after, limit);
    }

    /** Points that are in no document, after one of them. */
    List<ImportResult.Left> leftPoints(@Nullable Reason reason, String after, int limit) {
        return points.left(reason, after, limit);
    }

    /** Texts of points that are in documents of a user, after one of them. */
    List<KeptText> texts(String userId, String after, int limit) {
        return points.texts(userId, after, limit);
    }

    /** The last questions of users who have imported documents. */
    List<CutoverStore.Question> questions(int limit) {
        return store.questions(limit);
    }

    private static void inShortLocks(Runnable statements) {
        try {
            statements.run();
        } catch (PessimisticLockingFailureException e) {
            throw Problem.conflict("Somebody writes to the application's tables in PostgreSQL, and does not end.");
        }
    }

    private static Map<LegacyTable, Long> rows(LegacyFileStore file) {
        Map<LegacyTable, Long> rows = new LinkedHashMap<>();
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
            requireNothingToBeWithdrawn(kept);
            boolean isWished = kept.wish() == CutoverStore.Wish.COMPLETE;
            if (kept.state() == State.CUT_OVER || (isWished && (!force || kept.forced()))) {
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
            LegacyExports exports = kept.exports();
            if (exports != null && force) {
                store.note(kept.state(), "forced without a last export");
                store.knowExport("");
            } else if (exports != null) {
                store.knowExport(exports.youngest()); // a younger one is the last
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
        if (points.isWanted()) {
            objections.addAll(objectionsOfPoints(kept));
        }
        Optional<CutoverStore.Verified> last = store.lastVerification();
        String failure = last.map(CutoverStore.Verified::failure).orElse(null);
        if (failure != null) {
            objections.add("the last verification was not possible: " + failure);
        } else if (kept.state() != State.VERIFIED) {
            objections.add("both sides were not found equal since they were last different");
        } else if (last.filter(one -> one.finishedAt() == null).isPresent()) {
            objections.add("both sides are being compared");
        } else if (!store.isFreshlyVerified(FRESH)) {
            objections.add("the last verification is older than " + FRESH.toMinutes() + " minutes");
        }
        return objections;
    }

    private List<String> objectionsOfPoints(CutoverStore.Kept kept) {
        if (!points.isImportedSince(Objects.requireNonNull(kept.startedAt()))) {
            return List.of("Qdrant's points are not imported yet");
        }
        List<String> objections = new ArrayList<>();
        ImportProgress.Indexing indexing = points.indexing();
        if (indexing.waiting() > 0) {
            objections.add(indexing.waiting() + " of Qdrant's documents are not indexed yet");
        }
        if (indexing.failed() > 0) {
            objections.add(indexing.failed() + " of Qdrant's documents cannot be indexed; their status tells why");
        }
        return objections;
    }

    /**
     * Makes SQLite the one that is written to again, when the process that runs the move gets to it.
     *
     * @param force although both sides may differ then, which is recorded
     * @throws Problem 409 if the move is not completed, or closed, or PostgreSQL's log is lost
     */
    Status rollBack(boolean force) {
        store.atomically(() -> {
            CutoverStore.Kept kept = store.lock();
            requireNothingToBeWithdrawn(kept);
            boolean isWished = kept.wish() == CutoverStore.Wish.ROLL_BACK;
            if (kept.state() == State.ROLLED_BACK || (isWished && (!force || kept.forced()))) {
                return kept;
            }
            if (kept.state() != State.CUT_OVER) {
                throw Problem.conflict("The move is " + kept.state().code() + ", so there is no way back from it.");
            }
            if (wayBacks.isLost()) {
                throw Problem.conflict(
                        "PostgreSQL's log is lost, so the file can never get what was written since the cutover.");
            }
            if (force) {
                LOG.warn("event=cutover-forced overridden=\"what differs\"");
                store.note(kept.state(), "the way back is forced, whatever differs");
            }
            store.wish(CutoverStore.Wish.ROLL_BACK, force);
            return kept;
        });
        return status();
    }

    /**
     * Takes back that the move is to be completed, or rolled back; the application goes on where it writes now. If nothing is
     * wished, it does nothing.
     *
     * @throws Problem 409 if it is too late
     */
    Status withdraw() {
        store.atomically(() -> {
            CutoverStore.Kept kept = store.lock();
            CutoverStore.Wish wish = kept.wish();
            if (wish == null || wish == CutoverStore.Wish.WITHDRAW) {
                return kept;
            }
            boolean isNotDone = wish == CutoverStore.Wish.COMPLETE
                    || (wish == CutoverStore.Wish.ROLL_BACK && kept.state() == State.CUT_OVER);
            if (!isNotDone) {
                throw Problem.conflict("The move is " + kept.state().code() + "; that cannot be taken back.");
            }
            store.note(kept.state(), "the wish is withdrawn: " + wish.code());
            store.wish(CutoverStore.Wish.WITHDRAW, false);
            return kept;
        });
        return status();
    }

    /** What still does what is withdrawn must not take a new wish for its own. */
    private static void requireNothingToBeWithdrawn(CutoverStore.Kept kept) {
        if (kept.wish() == CutoverStore.Wish.WITHDRAW) {
            throw Problem.conflict("What was wished before is still being withdrawn. Repeat in a moment.");
        }
    }

    /**
     * Gives the way back up: PostgreSQL's log is not kept any longer, and the file stays as it is, fenced.
     *
     * @param force although Qdrant's last points are not imported, which is recorded
     * @throws Problem 409 if the move is not completed, or Qdrant's last points are missing
     */
    Status close(boolean force) {
        store.atomically(() -> {
            CutoverStore.Kept kept = store.lock();
            if (kept.state() == State.CLOSED) {
                return kept;
            }
            requireNothingToBeWithdrawn(kept);
            if (kept.state() != State.CUT_OVER || kept.wish() != null) {
                throw Problem.conflict("The move is "
                        + (kept.wish() == null ? kept.state().code() : "being rolled back")
                        + "; only a completed one can be closed.");
            }
            if (lacksPoints() && !force) {
                throw Problem.conflict("Not yet: " + whatPointsLack() + ".");
            }
            if (lacksPoints()) {
                store.note(kept.state(), "closing is forced although " + whatPointsLack());
            }
            store.transition(kept.state(), State.CLOSED, "there is no way back any more");
            store.wish(CutoverStore.Wish.CLOSE, false);
            return kept;
        });
        return status();
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
            if (kept.state() == State.CUT_OVER || kept.state() == State.CLOSED) {
                throw Problem.conflict("The move is " + kept.state().code() + ", so its file is not cleaned.");
            }
            if ((kept.sqliteFile() != null || kept.exportsFolder() != null)
                    && kept.wish() != CutoverStore.Wish.ROLL_BACK) {
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
