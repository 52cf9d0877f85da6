package io.knowledgebase.ingest.cutover;

import io.knowledgebase.ingest.cutover.wayback.WayBack;
import io.knowledgebase.schemas.database.Lease;
import io.knowledgebase.schemas.problem.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
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

/** Brings about what the kept state wants, in the one process that holds the lease. */
final class Runner implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Runner.class);
    private static final String IMPORTED = "completed with Qdrant's points";
    private static final String WITHDRAWN = "left as it was";
    private static final long TICK_MS = 500;
    /** Between attempts at what has failed. */
    private static final Duration PAUSE = Duration.ofSeconds(2);

    private static final long STOP_SECONDS = 60;

    private final CutoverStore store;
    private final Lease lease;
    private final Machine<Forward> forward;
    private final Machine<WayBack> wayBack;
    private final Steps steps;
    private final Rate forwardRate = new Rate();
    private final Rate backRate = new Rate();
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
    private boolean holdsLease;
    private @Nullable Future<?> working;
    private String workingOn = "";
    private volatile @Nullable String stepProblem;
    private volatile Instant brokenAt = Instant.EPOCH;

    Runner(
            CutoverStore store,
            Lease lease,
            Function<CutoverStore.Kept, Forward> forwards,
            Function<CutoverStore.Kept, WayBack> wayBacks,
            Steps steps) {
        this.store = store;
        this.lease = lease;
        this.forward = new Machine<>(forwards, Forward::isBroken);
        this.wayBack = new Machine<>(wayBacks, back -> back.problem().isPresent());
        this.steps = steps;
    }

    void start() {
        var unused = clock.scheduleWithFixedDelay(this::tick, 0, TICK_MS, TimeUnit.MILLISECONDS);
    }

    private void tick() {
        try {
            CutoverStore.Kept kept = store.read();
            boolean wanted = kept.state().captures() || kept.state() == State.CUT_OVER || kept.wish() != null;
            if (!wanted || !lease.acquire()) {
                giveUp();
                return;
            }
            holdsLease = true;
            if (forward.isStale(kept) || wayBack.isStale(kept)) {
                stop(); // what works with it, too
            }
            if (kept.state().captures()) {
                forward(kept);
            } else if (kept.state() == State.CUT_OVER) {
                back(kept);
            } else {
                stop();
                steps.settle(kept);
            }
        } catch (DataAccessException e) {
            LOG.warn("event=cutover-waits-for-database", e);
        } catch (RuntimeException e) {
            stop();
            report(reason(e), e);
        }
    }

    /** Ends what runs, because nothing is to be done, or because the lease was lost to another process. */
    private void giveUp() {
        if (holdsLease) {
            stop();
            holdsLease = false;
            lease.release();
        }
    }

    private void forward(CutoverStore.Kept kept) {
        if (kept.wish() == CutoverStore.Wish.WITHDRAW) {
            withdraw(kept); // whatever does not work otherwise
            return;
        }
        Forward running = forward.runFor(kept);
        Forward.Lag lag = running.lag();
        long taken = store.tables().stream()
                .mapToLong(table -> table.rowsRead() + table.changes())
                .sum();
        store.measured(
                lag.lastChange(),
                lag.captured(),
                lag.waiting(),
                forwardRate.of(taken),
                lag.problem().orElse(stepProblem));
        if (kept.state() == State.SNAPSHOTTING) {
            if (lag.rowsAreHere()) {
                store.atomically(() -> {
                    CutoverStore.Kept now = store.lock();
                    if (now.state() == State.SNAPSHOTTING) {
                        store.transition(now.state(), State.STREAMING, "all rows are here");
                    }
                    return now;
                });
            }
        } else if (kept.wish() == CutoverStore.Wish.COMPLETE) {
            work("completed", () -> steps.complete(kept, running));
        } else {
            Optional<CutoverStore.Verified> wanted =
                    store.lastVerification().filter(verification -> verification.finishedAt() == null);
            boolean imports = steps.hasPointsToImport(kept);
            if (wanted.isPresent() && (!imports || stepProblem != null)) { // texts are verified once they are here
                work("verified", () -> steps.verify(wanted.get().id(), kept, running));
            } else if (imports) {
                work(IMPORTED, () -> steps.importPoints(kept));
            }
        }
    }

    private void back(CutoverStore.Kept kept) {
        if (forward.isRunning()) {
            stop(); // with what has completed the move
        }
        if (kept.wish() == CutoverStore.Wish.WITHDRAW) {
            withdraw(kept);
            return;
        }
        if (steps.hasLostTheWayBack()) {
            if (!workingOn.equals(IMPORTED)) {
                stop(); // with who waits for it
            }
            wayBack.stop();
            store.measured(kept.lastChange(), kept.captured(), 0, 0, "PostgreSQL's log is lost");
            importPoints(kept);
            return;
        }
        WayBack running = wayBack.runFor(kept);
        store.measured(
                kept.lastChange(),
                kept.captured(),
                0,
                backRate.of(kept.takenBack()),
                running.problem().orElse(stepProblem));
        if (kept.wish() == CutoverStore.Wish.ROLL_BACK) {
            work("rolled back", () -> steps.rollBack(kept, running));
        } else {
            importPoints(kept);
        }
    }

    private void withdraw(CutoverStore.Kept kept) {
        store.measured(kept.lastChange(), kept.captured(), kept.waiting(), 0, stepProblem);
        work(WITHDRAWN, () -> steps.withdraw(kept));
    }

    private void importPoints(CutoverStore.Kept kept) {
        if (steps.hasPointsToImport(kept)) {
            work(IMPORTED, () -> steps.importPoints(kept));
        }
    }

    @FunctionalInterface
    private interface Step {
        void run() throws InterruptedException;
    }

    private void work(String what, Step step) {
        if (working != null && !working.isDone()) {
            boolean makesRoom = workingOn.equals(IMPORTED) || what.equals(WITHDRAWN);
            if (makesRoom && !what.equals(workingOn)) {
                working.cancel(true); // an import goes on where it was, later
            }
            return;
        }
        if (stepProblem != null && what.equals(workingOn) && Instant.now().isBefore(brokenAt.plus(PAUSE))) {
            return;
        }
        workingOn = what;
        working = worker.submit(() -> {
            try {
                step.run();
                stepProblem = null;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // it is repeated by whoever runs the move next
            } catch (RuntimeException e) { // it is repeated after a while
                String problem = "The move cannot be " + what + ": " + reason(e);
                if (!problem.equals(stepProblem)) {
                    LOG.error("event=cutover-step-waits", e);
                }
                stepProblem = problem;
                brokenAt = Instant.now();
            }
        });
    }

    private static String reason(RuntimeException e) {
        if (e instanceof DataAccessException) {
            return "PostgreSQL did not do it (" + e.getClass().getSimpleName() + ")"; // its own words may hold values
        }
        return String.valueOf(e instanceof Problem problem ? problem.getBody().getDetail() : e.getMessage());
    }

    private void report(String problem, RuntimeException cause) {
        try {
            CutoverStore.Kept kept = store.read();
            if (!problem.equals(kept.problem())) {
                LOG.error("event=cutover-broke", cause);
            }
            store.measured(kept.lastChange(), kept.captured(), kept.waiting(), 0, problem);
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

    private void stop() {
        if (working != null) {
            working.cancel(true);
            working = null;
            awaitWorker(); // so that it does nothing to the file later
        }
        stepProblem = null;
        forward.stop();
        wayBack.stop();
    }

    @Override
    public void close() {
        clock.shutdown(); // without an interruption: the engine would call it a defect
        try {
            if (clock.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                giveUp();
            }
            worker.shutdown();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (DataAccessException e) {
            LOG.warn("event=cutover-lease-left", e); // it runs out
        }
    }
}
