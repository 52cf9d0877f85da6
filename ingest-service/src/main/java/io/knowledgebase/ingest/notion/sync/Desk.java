package io.knowledgebase.ingest.notion.sync;

import io.knowledgebase.ingest.notion.api.NotionException;
import io.knowledgebase.schemas.database.Lease;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** A connection that this process works on, while it holds the lease. For several threads. */
final class Desk {

    /** Of so many tasks one is the one that has waited longest. */
    private static final int TURNS = 5;

    private final UUID connectionId;
    private final Lease lease;
    private final TaskStore tasks;
    private final Set<UUID> underWay = new HashSet<>();
    private final Set<Thread> readers = new HashSet<>();
    private final Instant begun = Instant.now();
    private int threads;
    private int turn;
    private int failures;
    private boolean listing;
    private volatile boolean held = true;

    Desk(UUID connectionId, Lease lease, TaskStore tasks) {
        this.connectionId = connectionId;
        this.lease = lease;
        this.tasks = tasks;
    }

    UUID connectionId() {
        return connectionId;
    }

    /** One more thread, unless there are enough. */
    synchronized boolean sitDown(int most) {
        if (!held || threads >= most) {
            return false;
        }
        threads++;
        return true;
    }

    /** True for the last one, after whom nobody sits down here again. */
    synchronized boolean standUp() {
        readers.remove(Thread.currentThread());
        held = held && threads > 1;
        return --threads == 0;
    }

    synchronized void beginReading() {
        readers.add(Thread.currentThread());
    }

    /** Nobody wants to know any more. */
    synchronized void endReading() {
        readers.forEach(Thread::interrupt);
    }

    /** When the work began: a token that was put in later is not what was refused. */
    Instant begun() {
        return begun;
    }

    synchronized boolean isAlone() {
        return threads == 1;
    }

    /** True for one thread at a time: it lists. */
    synchronized boolean takeListing() {
        if (listing) {
            return false;
        }
        listing = true;
        return true;
    }

    synchronized void putListingBack() {
        listing = false;
    }

    /** The next task that no other thread is working on; what is urgent never takes all turns. */
    synchronized Optional<Task> take() {
        boolean urgentFirst = ++turn % TURNS != 0;
        Optional<Task> task = held ? tasks.next(connectionId, underWay, urgentFirst) : Optional.empty();
        task.ifPresent(taken -> underWay.add(taken.entityId()));
        return task;
    }

    synchronized void putBack(Task task) {
        underWay.remove(task.entityId());
    }

    synchronized void succeeded() {
        failures = 0;
    }

    /** How often Notion was away before, one after the other. */
    synchronized int failed() {
        return failures++;
    }

    /** Prolongs the lease. */
    void renew() {
        held = held && lease.acquire();
    }

    /** Whether this process may still change something. */
    boolean isHeld() {
        renew();
        return held;
    }

    /** Asked before anything is changed. */
    void requireHeld() {
        if (!isHeld()) {
            throw NotionException.of(NotionException.Kind.AWAY, "another process reads this connection now");
        }
    }

    void giveUp() {
        held = false;
        lease.release();
    }
}
