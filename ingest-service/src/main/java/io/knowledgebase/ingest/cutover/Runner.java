package io.knowledgebase.ingest.cutover;

import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore;
import io.knowledgebase.ingest.cutover.verify.Verification;
import io.knowledgebase.schemas.database.Lease;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import tools.jackson.databind.json.JsonMapper;

/** Brings about what the kept state wants, in the one process that holds the lease. */
final class Runner implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Runner.class);
    private static final long TICK_MS = 500;
    private static final long STOP_SECONDS = 60;

    private final CutoverStore store;
    private final Lease lease;
    private final Function<CutoverStore.Kept, Engine> engines;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "cutover");
        thread.setDaemon(true);
        return thread;
    });
    private final ExecutorService worker = Executors.newSingleThreadExecutor(work -> {
        Thread thread = new Thread(work, "cutover-work");
        thread.setDaemon(true);
        return thread;
    });
    private final Verification verification;
    private @Nullable Future<?> working;
    private volatile @Nullable String completionProblem;
    private @Nullable Engine engine;
    private @Nullable String engineOf;

    Runner(CutoverStore store, Lease lease, Function<CutoverStore.Kept, Engine> engines, Verification verification) {
        this.store = store;
        this.lease = lease;
        this.engines = engines;
        this.verification = verification;
    }

    void start() {
        var unused = clock.scheduleWithFixedDelay(this::tick, 0, TICK_MS, TimeUnit.MILLISECONDS);
    }

    private void tick() {
        try {
            CutoverStore.Kept kept = store.read();
            boolean toClean = kept.wish() == CutoverStore.Wish.CLEAN;
            if (!(kept.state().captures() || toClean) || !lease.acquire()) {
                stopEngine();
            } else if (toClean) {
                clean(kept);
            } else {
                run(kept);
            }
        } catch (DataAccessException e) {
            LOG.warn("event=cutover-waits-for-database", e);
        } catch (RuntimeException e) {
            stopEngine();
            report(String.valueOf(e.getMessage()), e);
        }
    }

    private void clean(CutoverStore.Kept kept) {
        stopEngine();
        if (Files.exists(Path.of(String.valueOf(kept.sqliteFile())))) {
            try (LegacyFileStore file = open(kept)) {
                file.unfence();
                file.removeCapture();
            }
        }
        store.atomically(() -> {
            store.forgetWish();
            store.forgetFile();
            return kept;
        });
        lease.release();
        LOG.info("event=cutover-cleaned");
    }

    private static LegacyFileStore open(CutoverStore.Kept kept) {
        return LegacyFileStore.open(Path.of(String.valueOf(kept.sqliteFile())));
    }

    private void run(CutoverStore.Kept kept) {
        String wanted = kept.sqliteFile() + " since " + kept.startedAt();
        if (engine != null && (engine.isBroken() || !wanted.equals(engineOf))) {
            stopEngine();
        }
        if (engine == null) {
            engine = engines.apply(kept);
            engineOf = wanted;
        }
        Engine.Lag lag = engine.lag();
        store.measured(
                lag.lastChange(), lag.captured(), lag.waiting(), lag.problem().orElse(completionProblem));
        if (kept.state() == State.SNAPSHOTTING && lag.rowsAreHere()) {
            store.atomically(() -> {
                CutoverStore.Kept now = store.lock();
                if (now.state() == State.SNAPSHOTTING) {
                    store.transition(now.state(), State.STREAMING, "all rows are here");
                }
                return now;
            });
        } else if (kept.state() != State.SNAPSHOTTING) {
            workIfWanted(kept, engine);
        }
    }

    private void workIfWanted(CutoverStore.Kept kept, Engine running) {
        if (working != null && !working.isDone()) {
            return;
        }
        if (kept.wish() == CutoverStore.Wish.COMPLETE) {
            working = worker.submit(() -> complete(kept, running));
            return;
        }
        working = store.lastVerification()
                .filter(wanted -> wanted.finishedAt() == null)
                .<Future<?>>map(wanted -> worker.submit(() -> verify(wanted.id(), kept, running)))
                .orElse(null);
    }

    private void verify(long id, CutoverStore.Kept kept, Engine running) {
        try (LegacyFileStore file = open(kept)) {
            Verification.Result result = verification.run(file, kept.tables(), running::await);
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
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // it is repeated by whoever runs the move next
        } catch (DataAccessException e) {
            LOG.warn("event=cutover-verification-waits-for-database id={}", id, e); // repeated at the next tick
        } catch (RuntimeException e) {
            LOG.error("event=cutover-verification-broke id={}", id, e);
            store.finishVerification(id, null, String.valueOf(e.getMessage()));
        }
    }

    /** Each step may be repeated, so a crash in the midst of it does no harm. */
    private void complete(CutoverStore.Kept kept, Engine running) {
        try (LegacyFileStore file = open(kept)) {
            Instant begun = Instant.now();
            file.fence();
            running.await(file.lastChange());
            Verification.Result result = verification.run(file, kept.tables(), running::await);
            boolean opens = result.equal() || kept.forced();
            if (!opens) {
                file.unfence();
            }
            store.atomically(() -> {
                CutoverStore.Kept now = store.lock();
                if (!now.state().captures() || now.wish() != CutoverStore.Wish.COMPLETE) {
                    return now; // somebody has changed their mind
                }
                store.forgetWish();
                CutoverStore.Verified verified = store.wishVerification();
                store.finishVerification(verified.id(), JsonMapper.shared().writeValueAsString(result), null);
                if (opens) {
                    store.open();
                    store.transition(
                            now.state(),
                            State.CUT_OVER,
                            "the application was stopped for "
                                    + Duration.between(begun, Instant.now()).toMillis() + " ms; verification "
                                    + verified.id() + " says " + (result.equal() ? "equal" : "different"));
                } else {
                    store.transition(
                            now.state(), State.STREAMING, "not completed: verification " + verified.id() + " differs");
                }
                return now;
            });
            completionProblem = null;
            LOG.info("event=cutover-completed opened={} equal={}", opens, result.equal());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // it is repeated by whoever runs the move next
        } catch (RuntimeException e) {
            LOG.error("event=cutover-completion-waits", e); // repeated at the next tick
            completionProblem = "The move cannot be completed: " + e.getMessage();
        }
    }

    private void report(String problem, RuntimeException cause) {
        try {
            CutoverStore.Kept kept = store.read();
            if (!problem.equals(kept.problem())) {
                LOG.error("event=cutover-broke", cause);
            }
            store.measured(kept.lastChange(), kept.captured(), kept.waiting(), problem);
        } catch (DataAccessException e) {
            LOG.warn("event=cutover-waits-for-database", e);
        }
    }

    private void awaitWorker() {
        try {
            worker.submit(() -> {}).get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void stopEngine() {
        if (working != null) {
            working.cancel(true);
            working = null;
            awaitWorker(); // so that it does nothing to the file later
        }
        if (engine != null) {
            engine.close();
            engine = null;
            engineOf = null;
            lease.release();
        }
    }

    @Override
    public void close() {
        clock.shutdown(); // without an interruption: the engine would call it a defect
        try {
            if (clock.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                stopEngine();
            }
            worker.shutdown();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (DataAccessException e) {
            LOG.warn("event=cutover-lease-left", e); // it runs out
        }
    }
}
