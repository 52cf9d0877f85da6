package io.knowledgebase.ingest.notion.sync;

import io.knowledgebase.ingest.notion.NotionSettings;
import io.knowledgebase.ingest.notion.api.NotionException;
import io.knowledgebase.ingest.notion.connection.Connections;
import io.knowledgebase.ingest.notion.connection.Connections.Reader;
import io.knowledgebase.ingest.seal.UnsealableException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.NonTransientDataAccessResourceException;
import org.springframework.dao.TransientDataAccessException;

/** Does what is to be done for a connection, one thing at a time, and decides what follows when that fails. */
final class Work {

    private static final Logger LOG = LoggerFactory.getLogger(Work.class);
    private static final int ATTEMPTS = 5;
    private static final Duration FIRST_BACKOFF = Duration.ofSeconds(15);
    private static final Duration LONGEST_BACKOFF = Duration.ofMinutes(10);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(5);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
    private static final int DELETE_BATCH = 100;
    private static final int DETAIL_CHARACTERS = 500;

    private final TaskStore tasks;
    private final RunStore runs;
    private final EntityStore entities;
    private final Connections connections;
    private final PageReader pages;
    private final DataSourceReader dataSources;
    private final Lister lister;
    private final NotionSettings settings;

    Work(
            TaskStore tasks,
            RunStore runs,
            EntityStore entities,
            Connections connections,
            PageReader pages,
            DataSourceReader dataSources,
            Lister lister,
            NotionSettings settings) {
        this.tasks = tasks;
        this.runs = runs;
        this.entities = entities;
        this.connections = connections;
        this.pages = pages;
        this.dataSources = dataSources;
        this.lister = lister;
        this.settings = settings;
    }

    /** Removes a connection with its pages, if that is wished; nobody may be reading it. */
    void remove(UUID connectionId, String userId) {
        UUID last = new UUID(0, 0);
        List<UUID> some = entities.pageIds(connectionId, last, DELETE_BATCH);
        while (!some.isEmpty()) {
            some.forEach(page -> pages.delete(connectionId, userId, page));
            last = some.get(some.size() - 1);
            some = entities.pageIds(connectionId, last, DELETE_BATCH);
        }
        entities.removeConnection(connectionId);
        LOG.info("event=notion-connection-deleted connectionId={}", connectionId);
    }

    /** Lists for the run that waits, if one does; false if the connection has to be left alone for now. */
    boolean list(Desk desk) {
        Optional<Run> run = runs.nextToList(desk.connectionId());
        if (run.isPresent()) {
            try {
                lister.list(run.get(), reader(desk.connectionId()));
                desk.succeeded();
            } catch (NotionException e) {
                if (leavesAlone(desk, e)) {
                    return false;
                }
                refusedListing(run.get(), e.kind() == NotionException.Kind.AWAY, e.getMessage());
            } catch (TransientDataAccessException | NonTransientDataAccessResourceException e) {
                throw e; // PostgreSQL is away: the run is still there
            } catch (UnsealableException e) {
                pauseForKey(desk, e);
                return false;
            } catch (RuntimeException e) {
                LOG.error(
                        "event=notion-listing-broke connectionId={} runId={}",
                        desk.connectionId(),
                        run.get().runId(),
                        e);
                refusedListing(
                        run.get(), true, "internal error: " + e.getClass().getSimpleName());
            }
        }
        finishRuns(desk.connectionId());
        return true;
    }

    /** Notion answers, but not to this: later again, but not for ever. */
    private void refusedListing(Run run, boolean mayPass, @Nullable String reason) {
        String failure = "cannot be listed: " + reason;
        if (mayPass && run.attempts() + 1 < ATTEMPTS) {
            runs.postpone(run, backoff(FIRST_BACKOFF, run.attempts(), LONGEST_BACKOFF));
        } else {
            LOG.warn("event=notion-listing-failed runId={} detail=\"{}\"", run.runId(), failure);
            runs.fail(run, failure);
        }
    }

    /** Reads one thing; false if the connection has to be left alone for now. */
    boolean read(Desk desk, Task task) {
        try {
            Reader reader = reader(desk.connectionId());
            Outcome outcome = task.kind() == EntityKind.PAGE
                    ? pages.read(
                            task.connectionId(),
                            reader,
                            task.entityId(),
                            task.unlisted(),
                            task.eventTime(),
                            desk::requireHeld)
                    : dataSources.read(task, reader, desk::requireHeld);
            desk.succeeded();
            finish(task, outcome, null);
            return true;
        } catch (NotionException e) {
            return refused(desk, task, e);
        } catch (UnsealableException e) {
            tasks.postpone(task, task.attempts(), Duration.ZERO);
            pauseForKey(desk, e);
            return false;
        }
    }

    /** The token is there, so nobody has to connect again: it goes on when the key is back. */
    private void pauseForKey(Desk desk, UnsealableException e) {
        LOG.warn("event=notion-key-missing connectionId={} detail=\"{}\"", desk.connectionId(), e.getMessage());
        connections.pause(
                desk.connectionId(),
                LONGEST_PAUSE,
                "This service lacks the key: " + e.getMessage() + " (kb.notion.keys).");
    }

    /** After a defect of this program or an outage of PostgreSQL: later again, but not for ever. */
    void broken(Task task, RuntimeException cause) {
        LOG.error(
                "event=notion-read-broke connectionId={} entityId={} attempt={}",
                task.connectionId(),
                task.entityId(),
                task.attempts() + 1,
                cause);
        again(task, "internal error: " + cause.getClass().getSimpleName());
    }

    private boolean refused(Desk desk, Task task, NotionException e) {
        switch (e.kind()) {
            case AWAY, NOT_FOUND, BUSY, UNAUTHORIZED -> {
                if (leavesAlone(desk, e)) {
                    tasks.postpone(task, task.attempts(), Duration.ZERO);
                    return false;
                }
                again(task, e.getMessage()); // Notion answers, but not for this
            }
            case FORBIDDEN, REJECTED -> fail(task, e.getMessage());
        }
        return true;
    }

    private void again(Task task, @Nullable String reason) {
        if (task.attempts() + 1 >= ATTEMPTS) {
            fail(task, reason);
        } else {
            tasks.postpone(task, task.attempts() + 1, backoff(FIRST_BACKOFF, task.attempts(), LONGEST_BACKOFF));
        }
    }

    private void fail(Task task, @Nullable String reason) {
        String detail = String.valueOf(reason);
        String cut = detail.length() > DETAIL_CHARACTERS ? detail.substring(0, DETAIL_CHARACTERS) : detail;
        LOG.warn(
                "event=notion-read-failed connectionId={} entityId={} detail=\"{}\"",
                task.connectionId(),
                task.entityId(),
                cut);
        entities.markFailing(task.connectionId(), task.entityId(), task.kind(), cut);
        finish(task, Outcome.FAILED, cut);
    }

    /** The outcome is counted in the transaction that removes the task: once, whatever is killed. */
    private void finish(Task task, Outcome outcome, @Nullable String failure) {
        tasks.atomically(() -> {
            List<Long> counting = tasks.finish(task, settings.debounce());
            counting.forEach(run -> runs.count(run, task.entityId(), outcome, failure));
            return counting;
        });
        if (!task.runIds().isEmpty()) {
            finishRuns(task.connectionId());
        }
    }

    private void finishRuns(UUID connectionId) {
        runs.finish(connectionId)
                .forEach(run -> LOG.info("event=notion-run-done connectionId={} runId={}", connectionId, run));
    }

    /** Whether the failure is the whole connection's, which then waits. */
    private boolean leavesAlone(Desk desk, NotionException e) {
        if (Thread.currentThread().isInterrupted() || !desk.isHeld()) {
            return true; // it will be read by another process, or later
        }
        UUID connectionId = desk.connectionId();
        switch (e.kind()) {
            case UNAUTHORIZED ->
                connections.needsAttention(
                        connectionId,
                        desk.begun(),
                        "Notion no longer takes the token. Connect again; pages are kept as they are.");
            case BUSY ->
                connections.pause(
                        connectionId, e.retryAfter() == null ? LONGEST_PAUSE : e.retryAfter(), e.getMessage() + ".");
            case AWAY -> {
                if (answers(connectionId)) {
                    return false;
                }
                Duration pause = backoff(FIRST_PAUSE, desk.failed(), LONGEST_PAUSE);
                LOG.warn(
                        "event=notion-away connectionId={} pauseSeconds={} detail=\"{}\"",
                        connectionId,
                        pause.toSeconds(),
                        e.getMessage());
                connections.pause(connectionId, pause, e.getMessage() + ".");
            }
            case FORBIDDEN, NOT_FOUND, REJECTED -> {
                return false;
            }
        }
        return true;
    }

    /** Tells Notion being away from trouble with one page. */
    private boolean answers(UUID connectionId) {
        try {
            reader(connectionId).client().me();
            return true;
        } catch (NotionException e) {
            return false;
        }
    }

    private Reader reader(UUID connectionId) {
        return connections
                .reader(connectionId)
                .orElseThrow(() -> new IllegalStateException("connection " + connectionId + " is gone"));
    }

    private static Duration backoff(Duration first, int times, Duration longest) {
        long ms = Math.min(longest.toMillis(), first.toMillis() << Math.min(times, 16));
        return Duration.ofMillis(ms / 2 + ThreadLocalRandom.current().nextLong(ms / 2 + 1));
    }
}
