package io.knowledgebase.ingest.notion.sync;

import io.knowledgebase.ingest.notion.NotionSettings;
import io.knowledgebase.schemas.database.Lease;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.NonTransientDataAccessResourceException;
import org.springframework.dao.TransientDataAccessException;

/**
 * Gives each connection with work threads of its own, so that none waits for another's trouble. A connection is worked
 * on by the process that holds its lease.
 */
final class Desks implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Desks.class);
    private static final Duration TICK = Duration.ofMillis(250);
    private static final Duration LISTING_PAUSE = Duration.ofMinutes(1);
    private static final Duration KEPT = Duration.ofDays(30);
    private static final long STOP_SECONDS = 10;
    private static final int TICKS_BETWEEN_RENEWALS = 20;

    private final TaskStore tasks;
    private final RunStore runs;
    private final Work work;
    private final Freshness freshness;
    private final Function<UUID, Lease> leases;
    private final NotionSettings settings;
    private final Map<UUID, Desk> desks = new ConcurrentHashMap<>();
    private final ScheduledExecutorService clock = Executors.newScheduledThreadPool(2, Desks::named);
    private final ExecutorService threads = Executors.newCachedThreadPool(Desks::named);
    private int ticks;
    private boolean complained;

    Desks(
            TaskStore tasks,
            RunStore runs,
            Work work,
            Freshness freshness,
            Function<UUID, Lease> leases,
            NotionSettings settings) {
        this.tasks = tasks;
        this.runs = runs;
        this.work = work;
        this.freshness = freshness;
        this.leases = leases;
        this.settings = settings;
    }

    private static Thread named(Runnable work) {
        Thread thread = new Thread(work, "notion");
        thread.setDaemon(true);
        return thread;
    }

    void start() {
        var unusedTick = clock.scheduleWithFixedDelay(this::tick, 0, TICK.toMillis(), TimeUnit.MILLISECONDS);
        var unusedMeasure = clock.scheduleWithFixedDelay(freshness::measure, 0, 1, TimeUnit.SECONDS);
    }

    private void tick() {
        try {
            if (ticks++ % TICKS_BETWEEN_RENEWALS == 0) {
                desks.values().forEach(Desk::renew);
                runs.addDue(settings.reconcileEvery(), settings.listEvery(), LISTING_PAUSE);
                tasks.forgetEvents(KEPT);
                runs.forget(KEPT);
            }
            for (TaskStore.Due due : tasks.connectionsWithWork()) {
                UUID connectionId = due.connectionId();
                Desk desk = desks.get(connectionId);
                if (desk == null) {
                    Lease lease = leases.apply(connectionId);
                    if (!lease.acquire()) {
                        continue; // another process is at it
                    }
                    desk = new Desk(connectionId, lease, tasks);
                    desks.put(connectionId, desk);
                }
                if (due.deleting()) {
                    desk.endReading();
                }
                while (desk.sitDown(due.deleting() ? 1 : settings.readers())) {
                    Desk one = desk;
                    threads.execute(() -> sit(one));
                }
            }
            complained = false;
        } catch (DataAccessException e) {
            if (!complained) {
                LOG.warn("event=notion-waits-for-database", e);
            }
            complained = true;
        } catch (RuntimeException e) {
            LOG.error("event=notion-tick-broke", e);
        }
    }

    private void sit(Desk desk) {
        try {
            boolean goesOn = removeIfWished(desk);
            if (goesOn) {
                desk.beginReading();
            }
            while (goesOn && !Thread.currentThread().isInterrupted() && tasks.mayBeRead(desk.connectionId())) {
                if (desk.takeListing()) {
                    try {
                        goesOn = work.list(desk);
                    } finally {
                        desk.putListingBack();
                    }
                }
                Optional<Task> task = goesOn ? desk.take() : Optional.empty();
                goesOn = task.isPresent() && read(desk, task.get());
            }
        } catch (RuntimeException e) {
            LOG.warn("event=notion-work-interrupted connectionId={}", desk.connectionId(), e);
        } finally {
            if (desk.standUp()) {
                leave(desk);
            }
        }
    }

    private boolean read(Desk desk, Task task) {
        try {
            return work.read(desk, task);
        } catch (TransientDataAccessException | NonTransientDataAccessResourceException e) {
            throw e; // PostgreSQL is away: the task is still there
        } catch (RuntimeException e) {
            work.broken(task, e);
            return true;
        } finally {
            desk.putBack(task);
        }
    }

    /** False if the connection is being deleted. */
    private boolean removeIfWished(Desk desk) {
        Optional<String> owner = tasks.ownerIfDeleting(desk.connectionId());
        if (owner.isPresent() && desk.isAlone() && desk.isHeld()) {
            work.remove(desk.connectionId(), owner.get());
        }
        return owner.isEmpty();
    }

    private void leave(Desk desk) {
        try {
            desk.giveUp();
        } catch (DataAccessException e) {
            LOG.warn("event=notion-lease-left connectionId={}", desk.connectionId(), e); // it runs out
        } finally {
            desks.remove(desk.connectionId(), desk);
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
        threads.shutdownNow();
        try {
            if (!threads.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("event=notion-work-goes-on");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
