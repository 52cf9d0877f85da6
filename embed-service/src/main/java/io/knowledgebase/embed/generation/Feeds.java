package io.knowledgebase.embed.generation;

import io.knowledgebase.embed.generation.Feed.Feeding;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/** Feeds every generation there is, from when it appears in the database until it is to be dropped. */
final class Feeds implements Runnable, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Feeds.class);

    private final GenerationStore store;
    private final List<Feed> feeds;
    private final Map<Integer, Fed> fed = new HashMap<>();
    /** Why a generation is not fed here, as it was told last. */
    private final Map<Integer, String> complaints = new HashMap<>();

    private volatile boolean working;
    private boolean closed;

    Feeds(GenerationStore store, List<Feed> feeds) {
        this.store = store;
        this.feeds = List.copyOf(feeds);
    }

    private record Fed(FedGeneration generation, List<Feeding> feedings) {}

    /** Whether the live generation is fed, unless everything is being published anew. */
    boolean isWorking() {
        return working;
    }

    @Override
    public synchronized void close() {
        closed = true;
        fed.values().forEach(Feeds::close);
        fed.clear();
    }

    /** Whether any generation is fed. */
    synchronized boolean isFeeding() {
        return !fed.isEmpty();
    }

    /** Begins with what is new, ends with what is gone; feeds nothing while Kafka may know more than the database. */
    @Override
    public synchronized void run() {
        if (closed) {
            return;
        }
        try {
            Map<Integer, GenerationStore.Row> wanted = new HashMap<>();
            boolean waits = store.isRepublicationWanted();
            List<GenerationStore.Row> rows = waits ? List.of() : store.all();
            rows.stream()
                    .filter(row -> row.state() != GenerationState.DROPPING)
                    .forEach(row -> wanted.put(row.generation().number(), row));
            fed.entrySet().removeIf(entry -> {
                boolean gone = !wanted.containsKey(entry.getKey());
                if (gone) {
                    close(entry.getValue());
                }
                return gone;
            });
            wanted.values().forEach(this::feed);
            working = waits
                    || fed.values().stream()
                            .anyMatch(one -> one.generation().isLive()
                                    && one.feedings().stream().allMatch(Feeding::isWorking));
        } catch (DataAccessException | TransactionException e) {
            LOG.warn("event=generations-unreadable cause=\"{}\"", e.getMessage());
        }
    }

    private void feed(GenerationStore.Row row) {
        boolean live = row.state() == GenerationState.LIVE;
        Fed known = fed.get(row.generation().number());
        if (known != null) {
            known.generation().setLive(live);
            return;
        }
        FedGeneration generation = new FedGeneration(row.generation(), live);
        List<Feeding> feedings = new ArrayList<>();
        try {
            for (Feed feed : feeds) {
                feedings.add(feed.start(generation));
            }
            fed.put(row.generation().number(), new Fed(generation, feedings));
            if (complaints.remove(row.generation().number()) != null) {
                store.explain(row.generation().number(), null);
            }
            LOG.info("event=feeding generation={} state={}", row.generation().number(), row.state());
        } catch (RuntimeException e) { // such as a model that is not on this machine; others may have it
            feedings.forEach(Feeding::close);
            String complaint = String.valueOf(e.getMessage());
            if (!complaint.equals(complaints.put(row.generation().number(), complaint))) {
                store.explain(row.generation().number(), "A process cannot feed it: " + complaint);
                LOG.error(
                        "event=cannot-feed generation={} cause=\"{}\"",
                        row.generation().number(),
                        complaint);
            }
        }
    }

    private static void close(Fed one) {
        LOG.info(
                "event=feeding-ends generation={}",
                one.generation().generation().number());
        one.feedings().forEach(Feeding::close);
    }
}
