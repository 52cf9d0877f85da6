package io.knowledgebase.ingest.cutover;

import io.knowledgebase.ingest.cutover.legacy.LegacyExports;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import io.knowledgebase.ingest.cutover.legacy.LegacyTopics;
import io.knowledgebase.ingest.cutover.qdrant.QdrantImport;
import io.knowledgebase.ingest.cutover.qdrant.QdrantSource;
import io.knowledgebase.ingest.cutover.qdrant.TextsVerified;
import io.knowledgebase.ingest.cutover.verify.TouchedRows;
import io.knowledgebase.ingest.cutover.verify.Verification;
import io.knowledgebase.ingest.cutover.wayback.WayBack;
import io.knowledgebase.ingest.cutover.wayback.WayBackStore;
import io.knowledgebase.sqlite.Export;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import tools.jackson.databind.json.JsonMapper;

/** What is done once on the way; each step may be repeated from its begin, so a crash in the midst of it does no harm. */
final class Steps {

    private static final Logger LOG = LoggerFactory.getLogger(Steps.class);

    private static final long POLL_MS = 500;
    /** How old a comparison may be for the application to wait only for what has changed since. */
    private static final Duration FRESH_TO_STOP = Duration.ofMinutes(3);
    /** After which time Qdrant's texts are looked for again, if some were missing: their documents may be mended by then. */
    static final Duration TEXTS_AGAIN = Duration.ofMinutes(10);

    private final CutoverStore store;
    private final WayBackStore wayBacks;
    private final Verification verification;
    private final TouchedRows touched;
    private final QdrantImport points;
    private final LegacyTopics topics;

    Steps(
            CutoverStore store,
            WayBackStore wayBacks,
            Verification verification,
            TouchedRows touched,
            QdrantImport points,
            LegacyTopics topics) {
        this.store = store;
        this.wayBacks = wayBacks;
        this.verification = verification;
        this.touched = touched;
        this.points = points;
        this.topics = topics;
    }

    static LegacyFileStore open(CutoverStore.Kept kept) {
        return LegacyFileStore.open(Path.of(String.valueOf(kept.sqliteFile())), kept.schema());
    }

    void verify(long id, CutoverStore.Kept kept, Forward running) throws InterruptedException {
        if (store.findVerification(id).map(CutoverStore.Verified::finishedAt).isPresent()) {
            return; // it was done since it was looked for
        }
        try {
            store.beginVerification(id, topics.ends(kept.tables()));
            Verification.Result rows = compare(kept, running);
            Verification.Result result = points.isWanted() ? rows.with(points.verify()) : rows;
            store.atomically(() -> {
                CutoverStore.Kept now = store.lock();
                store.finishVerification(id, JsonMapper.shared().writeValueAsString(result), null);
                State then = result.equal() ? State.VERIFIED : State.STREAMING;
                if (now.state().captures() && now.state() != then) {
                    store.transition(now.state(), then, "verification " + id);
                }
                return now;
            });
            LOG.info("event=cutover-verified id={} equal={}", id, result.equal());
        } catch (DataAccessException e) {
            throw e; // it is repeated
        } catch (RuntimeException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException(e.getMessage()); // so is this, by whoever runs the move next
            }
            LOG.error("event=cutover-verification-broke id={}", id, e);
            store.finishVerification(id, null, String.valueOf(e.getMessage()));
        }
    }

    /** All rows. An export that is followed by another one meanwhile is the wrong one to compare with. */
    private Verification.Result compare(CutoverStore.Kept kept, Forward running) throws InterruptedException {
        LegacyExports exports = kept.exports();
        if (exports == null) {
            try (LegacyFileStore file = open(kept)) {
                requireNoTablesSince(kept, file);
                return verification.run(file, kept.tables(), running::await);
            }
        }
        while (true) {
            Optional<Export> last = running.arrivedExport(exports);
            if (last.isEmpty()) {
                TimeUnit.MILLISECONDS.sleep(POLL_MS);
                continue;
            }
            try (LegacyFileStore file = exports.openLast(kept.schema())) {
                requireNoTablesSince(kept, file);
                Verification.Result result = verification.run(file, kept.tables(), running::await);
                if (running.isLast(exports, last.get())) {
                    return result;
                }
            }
        }
    }

    private static void requireNoTablesSince(CutoverStore.Kept kept, LegacyFileStore file) {
        tablesSince(kept, file).ifPresent(objection -> {
            throw new IllegalStateException(objection);
        });
    }

    /** What speaks against a move if the file got tables of the application since it began: nobody captures them. */
    private static Optional<String> tablesSince(CutoverStore.Kept kept, LegacyFileStore file) {
        String tables = file.tables().stream()
                .filter(table -> !kept.tables().contains(table))
                .map(LegacyTable::table)
                .collect(Collectors.joining(", "));
        return tables.isEmpty()
                ? Optional.empty()
                : Optional.of("the file has " + tables
                        + ", which it had not when the move began: end it with clean, and start again");
    }

    void complete(CutoverStore.Kept kept, Forward running) throws InterruptedException {
        if (!isStill(kept)) {
            return; // it was done since the wish was read
        }
        LegacyExports exports = kept.exports();
        if (exports != null) {
            Optional<Ready> ready = prepare(kept, running);
            if (ready.isPresent()) {
                completeExports(kept, running, exports, ready.get());
            }
            return;
        }
        try (LegacyFileStore file = open(kept)) {
            // The application that waits already must not wait for more than its rows.
            Optional<Ready> ready =
                    file.hasFences() ? Optional.of(new Ready(Optional.empty())) : prepare(kept, running);
            if (ready.isPresent()) {
                wayBacks.prepare(); // before anything is written that it has to tell
                running.await(file.lastChange()); // the application waits for nothing that does not work
                if (!isStill(kept)) {
                    return;
                }
                Instant begun = Instant.now();
                file.fence();
                running.await(file.lastChange());
                // If what follows is not kept, all of it is done again.
                complete(kept, running, file, ready.get(), begun, () -> true, () -> {}, file::unfence);
            }
        }
    }

    private void completeExports(CutoverStore.Kept kept, Forward running, LegacyExports exports, Ready ready)
            throws InterruptedException {
        Optional<Export> last = Optional.empty(); // the application is stopped by those who run it
        while (last.isEmpty()) {
            if (!isStill(kept)) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
            last = running.arrivedExport(exports).filter(export -> LegacyExports.isYounger(export, kept.knownExport()));
        }
        Export export = last.get();
        Instant begun = Instant.now();
        wayBacks.prepare();
        Path after = exports.keepLast();
        try (LegacyFileStore file = LegacyFileStore.openToRead(after, kept.schema())) {
            complete(
                    kept,
                    running,
                    file,
                    ready,
                    begun,
                    () -> running.isLast(exports, export),
                    () -> store.useFile(after),
                    () -> {});
        } finally {
            // Under the lock, so that a transaction whose end nobody knows has ended.
            if (!after.toString().equals(store.atomically(store::lock).sqliteFile())) {
                LegacyExports.discard(after);
            }
        }
    }

    /**
     * What was found before the application stops.
     *
     * @param texts of Qdrant's; empty if there are none, or they do not matter
     */
    private record Ready(Optional<TextsVerified> texts) {}

    /** Does what takes long while people may still write; empty if the move is not to be completed, or not so. */
    private Optional<Ready> prepare(CutoverStore.Kept kept, Forward running) throws InterruptedException {
        Optional<QdrantSource> source = kept.forced() ? Optional.empty() : points.kept();
        if (source.isPresent()) {
            points.run(source.get());
            while (points.indexing().waiting() > 0) {
                if (!isStill(kept)) {
                    return Optional.empty();
                }
                TimeUnit.MILLISECONDS.sleep(POLL_MS);
            }
        }
        if (!kept.forced() && !store.isFreshlyVerified(FRESH_TO_STOP)) {
            long id = store.wishVerification().id();
            verify(id, kept, running);
            if (!store.isFreshlyVerified(FRESH_TO_STOP)) {
                String failure = store.findVerification(id)
                        .map(CutoverStore.Verified::failure)
                        .orElse(null);
                giveUp(
                        failure == null
                                ? "verification " + id + " before it did not find both sides equal"
                                : "verification " + id + " before it was not possible: " + failure);
                return Optional.empty();
            }
        }
        Optional<TextsVerified> texts = source.isPresent() ? Optional.of(points.verify()) : Optional.empty();
        if (texts.isPresent() && !texts.get().isComplete()) {
            giveUp("texts of Qdrant's are missing, or cannot be found: verification "
                    + keep(Verification.Result.of(Instant.now(), texts.get())));
            return Optional.empty();
        }
        return isStill(kept) ? Optional.of(new Ready(texts)) : Optional.empty();
    }

    private void giveUp(String why) {
        store.atomically(() -> {
            CutoverStore.Kept now = store.lock();
            if (now.state().captures() && now.wish() == CutoverStore.Wish.COMPLETE && !now.forced()) {
                store.forgetWish();
                wayBacks.dispose(); // an interrupted attempt may have prepared it
                store.transition(now.state(), State.STREAMING, "not completed: " + why);
            }
            return now;
        });
    }

    private void complete(
            CutoverStore.Kept kept,
            Forward running,
            LegacyFileStore file,
            Ready ready,
            Instant begun,
            BooleanSupplier isCurrent,
            Runnable opened,
            Runnable differs)
            throws InterruptedException {
        Map<LegacyTable, Long> arrived = topics.ends(kept.tables());
        Verification.Result rows = verifyOnceMore(file, kept, running);
        Verification.Result result = ready.texts().map(rows::with).orElse(rows);
        Optional<String> tablesSince = tablesSince(kept, file);
        boolean opens = (result.equal() && tablesSince.isEmpty()) || kept.forced();
        store.atomically(() -> {
            CutoverStore.Kept now = store.lock();
            if (!now.state().captures() || now.wish() != CutoverStore.Wish.COMPLETE || now.forced() != kept.forced()) {
                if (now.state().captures() && now.wish() != CutoverStore.Wish.COMPLETE) { // withdrawn
                    differs.run();
                    wayBacks.dispose();
                }
                return now; // somebody has changed their mind
            }
            boolean isStill = store.lockPositions(kept.tables()).entrySet().stream()
                    .allMatch(position -> position.getValue().equals(arrived.get(position.getKey())));
            if (!isStill || !isCurrent.getAsBoolean()) {
                throw new IllegalStateException("changes have arrived since both sides were compared");
            }
            store.forgetWish();
            long id = keep(result);
            if (opens) {
                tablesSince.ifPresent(overridden -> store.note(now.state(), "forced although " + overridden));
                opened.run();
                store.open();
                store.transition(
                        now.state(),
                        State.CUT_OVER,
                        (kept.exports() == null
                                        ? "the application was stopped for "
                                        : "after the last export had arrived it took ")
                                + told(begun, id, result));
            } else {
                differs.run(); // while nobody else can change the state
                wayBacks.dispose();
                store.transition(
                        now.state(),
                        State.STREAMING,
                        "not completed: " + tablesSince.orElse("verification " + id + " differs"));
            }
            return now;
        });
        LOG.info("event=cutover-completed opened={} equal={}", opens, result.equal());
    }

    /** Only what has changed, if both sides were equal a short while ago: the application waits. */
    private Verification.Result verifyOnceMore(LegacyFileStore file, CutoverStore.Kept kept, Forward running)
            throws InterruptedException {
        Map<LegacyTable, Long> known =
                store.isFreshlyVerified(Cutover.FRESH) ? store.topicEnds(kept.tables()) : Map.of();
        return verification.runChanges(file, kept.tables(), touched.since(known), running::await);
    }

    /** Whether it is still to be completed, and in the same way. */
    private boolean isStill(CutoverStore.Kept kept) {
        CutoverStore.Kept now = store.read();
        return now.wish() == CutoverStore.Wish.COMPLETE && now.forced() == kept.forced();
    }

    private boolean isWanted(CutoverStore.Wish wish) {
        return store.read().wish() == wish;
    }

    /** Whether Qdrant is to be read: for the first time, or for the last. */
    boolean hasPointsToImport(CutoverStore.Kept kept) {
        if (!points.isWanted()) {
            return false;
        }
        return kept.state() == State.CUT_OVER
                ? store.textsLookedForSinceChange()
                        .map(last -> !last.found()
                                && last.at().isBefore(Instant.now().minus(TEXTS_AGAIN)))
                        .orElse(true)
                : !points.isImportedSince(Objects.requireNonNull(kept.startedAt()));
    }

    /** Imports them; since PostgreSQL is written to until they change no more, and what came of it is verified. */
    void importPoints(CutoverStore.Kept kept) throws InterruptedException {
        Optional<QdrantSource> source = points.kept();
        if (source.isEmpty()) {
            return;
        }
        points.run(source.get());
        if (kept.state() == State.CUT_OVER) {
            while (!points.isStableSince(kept.changedAt())) {
                TimeUnit.MILLISECONDS.sleep(POLL_MS);
                points.run(source.get());
            }
            awaitIndexed();
            keep(Verification.Result.of(Instant.now(), points.verify()));
        }
    }

    private void awaitIndexed() throws InterruptedException {
        while (points.indexing().waiting() > 0) {
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        }
    }

    private long keep(Verification.Result result) {
        long id = store.wishVerification().id();
        store.finishVerification(id, JsonMapper.shared().writeValueAsString(result), null);
        return id;
    }

    private static String told(Instant begun, long verification, Verification.Result result) {
        return Duration.between(begun, Instant.now()).toMillis() + " ms; verification " + verification + " says "
                + (result.equal() ? "equal" : "different");
    }

    /** Until both sides were found equal; what follows is {@link #settle}. */
    void rollBack(CutoverStore.Kept kept, WayBack running) throws InterruptedException {
        if (!isWanted(CutoverStore.Wish.ROLL_BACK)) {
            return;
        }
        running.watch();
        try (LegacyFileStore file = open(kept)) {
            running.await(); // the application waits for nothing that does not work
            Map<LegacyTable, Set<Long>> touched = verification.suspects(file, kept.tables());
            if (!isWanted(CutoverStore.Wish.ROLL_BACK)) {
                return; // before the application is stopped for nothing
            }
            Instant begun = Instant.now();
            store.shut();
            running.await();
            Verification.Result result;
            Map<LegacyTable, Set<Long>> written = running.written();
            do { // the services go on writing
                written.forEach((table, ids) -> touched.merge(table, ids, Steps::union));
                result = verification.runBack(file, kept.tables(), touched);
                running.await();
                written = running.written();
            } while (!written.isEmpty());
            Verification.Result found = result;
            boolean opens = found.equal() || kept.forced();
            store.atomically(() -> {
                CutoverStore.Kept now = store.lock();
                if (now.state() != State.CUT_OVER
                        || now.wish() != CutoverStore.Wish.ROLL_BACK
                        || now.forced() != kept.forced()) {
                    return now; // somebody has changed their mind
                }
                long id = keep(found);
                if (opens) {
                    store.transition(
                            now.state(),
                            State.ROLLED_BACK,
                            "the application was stopped for " + told(begun, id, found));
                } else {
                    store.open();
                    store.forgetWish();
                    store.note(now.state(), "not rolled back: verification " + id + " differs");
                }
                return now;
            });
            LOG.info("event=cutover-rolled-back opened={} equal={}", opens, found.equal());
        } finally {
            running.watchNoMore();
        }
    }

    private static Set<Long> union(Set<Long> one, Set<Long> other) {
        Set<Long> both = new HashSet<>(one);
        both.addAll(other);
        return both;
    }

    /** Lets the application go on where it writes now. */
    void withdraw(CutoverStore.Kept kept) {
        if (!isWanted(CutoverStore.Wish.WITHDRAW)) {
            return;
        }
        if (kept.state().captures()) {
            if (kept.exports() == null) {
                try (LegacyFileStore file = open(kept)) {
                    file.unfence();
                }
            }
            wayBacks.dispose();
        }
        store.atomically(() -> {
            CutoverStore.Kept now = store.lock();
            if (now.wish() == CutoverStore.Wish.WITHDRAW) {
                if (now.state() == State.CUT_OVER) {
                    store.open();
                }
                store.forgetWish();
            }
            return now;
        });
    }

    /** Whether there is no way back any more; then nobody waits for it: the application goes on in PostgreSQL. */
    boolean hasLostTheWayBack() {
        if (!wayBacks.isLost()) {
            return false;
        }
        if (isWanted(CutoverStore.Wish.ROLL_BACK)) {
            store.atomically(() -> {
                CutoverStore.Kept now = store.lock();
                if (now.state() == State.CUT_OVER && now.wish() == CutoverStore.Wish.ROLL_BACK) {
                    store.open();
                    store.forgetWish();
                    store.note(now.state(), "not rolled back: PostgreSQL's log is lost");
                }
                return now;
            });
        }
        return true;
    }

    /** Removes what the move needed, once a state is kept that needs it no more. */
    void settle(CutoverStore.Kept kept) {
        String sqliteFile = kept.sqliteFile();
        boolean fileIsThere = sqliteFile != null && Files.exists(Path.of(sqliteFile));
        if (!fileIsThere && kept.wish() == CutoverStore.Wish.ROLL_BACK) {
            throw new IllegalStateException("the file " + sqliteFile + " is gone");
        }
        if (fileIsThere) {
            try (LegacyFileStore file = open(kept)) {
                if (kept.state() != State.CLOSED) {
                    file.unfence();
                }
                file.removeCapture();
            }
        }
        LegacyExports exports = kept.exports();
        if (exports != null) {
            exports.forget();
        }
        wayBacks.dispose();
        store.atomically(() -> {
            if (sqliteFile != null && !fileIsThere && exports == null) {
                store.note(kept.state(), "the file " + sqliteFile + " is not there: triggers of the move stay in it");
            }
            if (kept.wish() == CutoverStore.Wish.CLEAN) {
                if (kept.state() == State.IDLE) {
                    store.open(); // nobody else's changes come any more
                }
                store.forgetSource();
                store.giveUpVerification("The move was ended.");
            }
            points.leave(); // before another move may begin
            store.forgetWish();
            return kept;
        });
        LOG.info("event=cutover-settled state={}", kept.state().code());
    }
}
