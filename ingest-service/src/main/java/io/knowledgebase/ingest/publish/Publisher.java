package io.knowledgebase.ingest.publish;

import io.knowledgebase.ingest.publish.PublishStore.Pending;
import io.knowledgebase.ingest.publish.PublishStore.Published;
import io.knowledgebase.schemas.database.Lease;
import io.knowledgebase.schemas.event.Event;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes the events of accepted and deleted documents, on a thread of its own and under a lease. A row is marked
 * after Kafka has committed its event; what a crash leaves unmarked is published again, which consumers do not mind,
 * because they know versions and attempts.
 */
public final class Publisher implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Publisher.class);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
    private static final int RENEWALS_PER_LEASE = 3;

    private final PublishStore store;
    private final EventProducer producer;
    private final Sweep sweep;
    private final Republication republication;
    private final Lease lease;
    private final PublishSettings settings;
    private final Consumer<Duration> published;
    private final Semaphore work = new Semaphore(0);
    private final Thread thread = new Thread(this::run, "publisher");
    private volatile boolean running;
    private boolean holder;
    private long renewAtNanos = System.nanoTime();
    private long sweepAtNanos = System.nanoTime();

    /**
     * A publisher that does not run yet.
     *
     * @param published told for every event how long its document waited
     */
    Publisher(
            PublishStore store,
            EventProducer producer,
            Sweep sweep,
            Republication republication,
            Lease lease,
            PublishSettings settings,
            Consumer<Duration> published) {
        this.store = store;
        this.producer = producer;
        this.sweep = sweep;
        this.republication = republication;
        this.lease = lease;
        this.settings = settings;
        this.published = published;
        thread.setDaemon(true);
    }

    /** Makes it look for new rows at once instead of soon; for any thread. */
    public void wake() {
        work.release();
    }

    void start() {
        running = true;
        thread.start();
    }

    private void run() {
        Duration pause = settings.poll();
        boolean away = false;
        while (running) {
            try {
                boolean more = step();
                if (away) {
                    LOG.info("event=publisher-back");
                }
                away = false;
                pause = settings.poll();
                if (!more) {
                    await(pause);
                }
            } catch (RuntimeException e) { // Kafka or PostgreSQL is away: the rows wait, and so does this thread
                if (!away) {
                    LOG.warn(
                            "event=publisher-waits error={} cause=\"{}\"",
                            e.getClass().getSimpleName(),
                            e.getMessage());
                }
                away = true;
                await(pause);
                Duration longer = pause.multipliedBy(2);
                pause = longer.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : longer;
            }
        }
    }

    /** One batch, and what is due besides, if this process may; true if there may be more to publish. */
    boolean step() {
        return holdsLease() && mayPublish() && work();
    }

    /**
     * Opens the producer before rows are read and then asks for the lease again: opening fences whoever published
     * before, so that a holder that was slow to open must not go on with rows that another has published meanwhile.
     */
    private boolean mayPublish() {
        if (producer.open()) {
            renewAtNanos = System.nanoTime();
        }
        return holdsLease();
    }

    private boolean work() {
        if (republication.isWanted()) {
            republication.run(producer, this::holdsLease);
            return true;
        }
        List<Pending> pending = store.pending(settings.batch(), settings.inFlightPerUser());
        if (!pending.isEmpty()) {
            publish(pending);
        }
        boolean more = pending.size() >= settings.batch();
        if (isDue(sweepAtNanos)) {
            sweepAtNanos = System.nanoTime() + settings.sweepInterval().toNanos();
            more |= sweep.run();
        }
        return more;
    }

    private void publish(List<Pending> pending) {
        long startNanos = System.nanoTime();
        List<Published> sent =
                producer.publish(pending.stream().map(Pending::event).toList());
        store.markPublished(sent);
        Duration took = Duration.ofNanos(System.nanoTime() - startNanos);
        pending.forEach(one -> published.accept(one.waited().plus(took)));
        for (Published one : sent) {
            Event event = one.event();
            LOG.info(
                    "event=published type={} documentId={} version={} attempt={} partition={} offset={}",
                    event.getClass().getSimpleName(),
                    event.documentId(),
                    event.version(),
                    event.attempt(),
                    one.partition(),
                    one.offset());
        }
    }

    private boolean holdsLease() {
        if (!isDue(renewAtNanos)) {
            return holder;
        }
        boolean before = holder;
        holder = false;
        holder = lease.acquire();
        renewAtNanos = System.nanoTime()
                + settings.lease().dividedBy(RENEWALS_PER_LEASE).toNanos();
        if (holder != before) {
            LOG.info("event=lease-{} lease=publisher", holder ? "taken" : "lost");
        }
        if (!holder) {
            producer.close();
        }
        return holder;
    }

    private static boolean isDue(long atNanos) {
        return System.nanoTime() - atNanos >= 0;
    }

    private void await(Duration pause) {
        try {
            var unused = work.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS);
            work.drainPermits();
        } catch (InterruptedException e) {
            running = false;
        }
    }

    /** Ends after the batch at hand and gives the lease back. */
    @Override
    public void close() {
        running = false;
        wake();
        try {
            thread.join(settings.kafkaTimeout().multipliedBy(2).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!thread.isAlive()) {
            producer.close();
            if (holder) {
                lease.release();
            }
        }
    }
}
