package io.knowledgebase.ingest.cutover;

import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore;
import io.knowledgebase.ingest.cutover.verify.Verification;
import io.knowledgebase.schemas.database.Lease;
import java.nio.file.Path;
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
    private final ExecutorService verifier = Executors.newSingleThreadExecutor(work -> {
        Thread thread = new Thread(work, "cutover-verification");
        thread.setDaemon(true);
        return thread;
    });
    private final Verification verification;
    private @Nullable Future<?> verifying;
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
            if (!kept.state().captures() || !lease.acquire()) {
                stopEngine();
                return;
            }
            run(kept);
        } catch (DataAccessException e) {
            LOG.warn("event=cutover-waits-for-database", e);
        } catch (RuntimeException e) {
            LOG.error("event=cutover-broke", e);
            stopEngine();
            report(String.valueOf(e.getMessage()));
        }
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
                lag.lastChange(), Math.max(lag.captured(), 0), lag.problem().orElse(null));
        if (kept.state() == State.SNAPSHOTTING && lag.isNone()) {
            store.atomically(() -> {
                CutoverStore.Kept now = store.lock();
                if (now.state() == State.SNAPSHOTTING) {
                    store.transition(now.state(), State.STREAMING, "all rows are here");
                }
                return now;
            });
        } else if (kept.state() != State.SNAPSHOTTING) {
            verifyIfWanted(kept, engine);
        }
    }

    private void verifyIfWanted(CutoverStore.Kept kept, Engine running) {
        if (verifying != null && !verifying.isDone()) {
            return;
        }
        verifying = store.lastVerification()
                .filter(wanted -> wanted.finishedAt() == null)
                .<Future<?>>map(wanted -> verifier.submit(() -> verify(wanted.id(), kept, running)))
                .orElse(null);
    }

    private void verify(long id, CutoverStore.Kept kept, Engine running) {
        try (LegacyFileStore file = LegacyFileStore.open(Path.of(String.valueOf(kept.sqliteFile())))) {
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

    private void report(String problem) {
        try {
            CutoverStore.Kept kept = store.read();
            store.measured(kept.lastChange(), kept.captured(), problem);
        } catch (DataAccessException e) {
            LOG.warn("event=cutover-waits-for-database", e);
        }
    }

    private void stopEngine() {
        if (verifying != null) {
            verifying.cancel(true);
            verifying = null;
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
        verifier.shutdown();
        clock.shutdown(); // without an interruption: the engine would call it a defect
        try {
            if (clock.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                stopEngine();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (DataAccessException e) {
            LOG.warn("event=cutover-lease-left", e); // it runs out
        }
    }
}
