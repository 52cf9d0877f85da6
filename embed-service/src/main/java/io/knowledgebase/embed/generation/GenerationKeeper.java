package io.knowledgebase.embed.generation;

import io.knowledgebase.schemas.database.Lease;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Moves generations on: builds their HNSW index, verifies them, removes dropped ones. One process does so, under a
 * lease; should another one have taken over, what the slower one finds out changes nothing, for every step leaves the
 * state it was begun in.
 */
final class GenerationKeeper implements Runnable, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(GenerationKeeper.class);
    private static final Duration DROP_PAUSE = Duration.ofSeconds(30);

    private final GenerationStore store;
    private final GenerationGroups groups;
    private final VerificationStore verifications;
    private final Lease lease;
    private final IndexBuilder indexes;
    /** A daemon: nothing interrupts the build of an index, and a service that stops is not to wait for it. */
    private final ExecutorService steps = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "generation-steps");
        thread.setDaemon(true);
        return thread;
    });
    /** Steps that take long, so that the lease is prolonged meanwhile. */
    private final Map<Integer, Future<?>> underWay = new HashMap<>();

    private final Clock clock;
    private final Duration idleBeforeReplay;
    /** Since when a generation is incomplete although nothing is on its way; of the thread of the steps. */
    private final Map<Integer, Instant> idleSince = new HashMap<>();
    /** Not to hold searches up again and again; of the thread of the steps. */
    private final Map<Integer, Instant> dropNotBefore = new HashMap<>();

    /** @param idleBeforeReplay how long nothing may be on its way to an incomplete generation before that is mended */
    GenerationKeeper(
            GenerationStore store,
            GenerationGroups groups,
            VerificationStore verifications,
            Lease lease,
            IndexBuilder indexes,
            Clock clock,
            Duration idleBeforeReplay) {
        this.store = store;
        this.groups = groups;
        this.verifications = verifications;
        this.lease = lease;
        this.indexes = indexes;
        this.clock = clock;
        this.idleBeforeReplay = idleBeforeReplay;
    }

    @Override
    public void run() {
        try {
            if (lease.acquire() && !store.isRepublicationWanted()) {
                underWay.values().removeIf(Future::isDone);
                for (GenerationStore.Row row : store.all()) {
                    int number = row.generation().number();
                    if (!underWay.containsKey(number)) {
                        underWay.put(
                                number, steps.submit(() -> store.find(number).ifPresent(this::moveOn)));
                    }
                }
            }
        } catch (DataAccessException | TransactionException e) {
            LOG.warn("event=generation-check-failed cause=\"{}\"", e.getMessage());
        }
    }

    @Override
    public void close() {
        steps.shutdownNow();
        try {
            lease.release();
        } catch (DataAccessException e) { // it ends by itself
            LOG.debug("event=lease-not-released", e);
        }
    }

    private void moveOn(GenerationStore.Row row) {
        Generation generation = row.generation();
        try {
            switch (row.state()) {
                case BUILDING -> {
                    if (!groups.isAlmostThere(generation.number())) {
                        idleSince.remove(generation.number());
                    } else if (store.isComplete(generation.number())) {
                        idleSince.remove(generation.number());
                        move(generation, GenerationState.BUILDING, GenerationState.INDEXING);
                    } else {
                        bringWhatWasLost(generation.number());
                    }
                }
                case INDEXING -> {
                    if (indexes.complete(generation)) {
                        move(generation, GenerationState.INDEXING, GenerationState.VERIFYING);
                    }
                }
                case VERIFYING -> {
                    // What came while the index was built is no difference.
                    if (store.isComplete(generation.number()) || !groups.isBehind(generation.number())) {
                        verify(row);
                    }
                }
                case READY -> {
                    indexes.buildIfNeeded(generation);
                    if (row.promoteWhenReady()) {
                        if (!store.isComplete(generation.number())) {
                            bringWhatWasLost(generation.number());
                        } else if (store.promote(generation.number())) {
                            LOG.info("event=generation-promoted generation={}", generation.number());
                        }
                    }
                }
                case FAILED, LIVE, PREVIOUS -> indexes.buildIfNeeded(generation);
                case DROPPING -> drop(generation.number());
            }
        } catch (DataAccessException | TransactionException | KafkaException e) {
            LOG.warn(
                    "event=generation-waits generation={} state={} cause=\"{}\"",
                    generation.number(),
                    row.state(),
                    e.getMessage());
        } catch (RuntimeException | Error e) {
            LOG.error("event=generation-step-failed generation={} state={}", generation.number(), row.state(), e);
        }
    }

    /** An event that has expired, or could not be read, comes no more by itself. */
    private void bringWhatWasLost(int generation) {
        if (groups.isBehind(generation)) {
            idleSince.remove(generation);
            return;
        }
        Instant since = idleSince.computeIfAbsent(generation, any -> clock.instant());
        if (Duration.between(since, clock.instant()).compareTo(idleBeforeReplay) >= 0) {
            idleSince.remove(generation);
            int replayed = store.replayMissing(generation);
            LOG.warn("event=lost-outcomes-replayed generation={} documents={}", generation, replayed);
        }
    }

    private void drop(int generation) {
        Instant notBefore = dropNotBefore.getOrDefault(generation, Instant.MIN);
        if (clock.instant().isBefore(notBefore) || !groups.delete(generation)) {
            return;
        }
        dropNotBefore.put(generation, clock.instant().plus(DROP_PAUSE));
        store.drop(generation);
        LOG.info("event=generation-dropped generation={}", generation);
    }

    private void move(Generation generation, GenerationState from, GenerationState to) {
        if (store.move(generation.number(), from, to, null)) {
            LOG.info("event=generation-moved generation={} state={}", generation.number(), to);
        }
    }

    private void verify(GenerationStore.Row row) {
        int number = row.generation().number();
        Verification found =
                verifications.verify(row.generation(), store.indexState(number) == GenerationStore.IndexState.VALID);
        List<String> differences = found.differences();
        store.saveVerification(number, JsonMapper.shared().writeValueAsString(found));
        GenerationState result = differences.isEmpty() ? GenerationState.READY : GenerationState.FAILED;
        String detail = differences.isEmpty() ? null : String.join("; ", differences);
        if (store.move(number, GenerationState.VERIFYING, result, detail)) {
            LOG.info(
                    "event=generation-verified generation={} state={} documents={} recall={} differences=\"{}\"",
                    number,
                    result,
                    found.documents(),
                    found.recall(),
                    String.join("; ", differences));
        }
    }
}
