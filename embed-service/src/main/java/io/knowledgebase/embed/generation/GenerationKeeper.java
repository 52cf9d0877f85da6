package io.knowledgebase.embed.generation;

import io.knowledgebase.schemas.database.Lease;
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

    GenerationKeeper(
            GenerationStore store,
            GenerationGroups groups,
            VerificationStore verifications,
            Lease lease,
            IndexBuilder indexes) {
        this.store = store;
        this.groups = groups;
        this.verifications = verifications;
        this.lease = lease;
        this.indexes = indexes;
    }

    @Override
    public void run() {
        try {
            if (lease.acquire()) {
                underWay.values().removeIf(Future::isDone);
                for (GenerationStore.Row row : store.all()) {
                    int number = row.generation().number();
                    if (!underWay.containsKey(number)) {
                        underWay.put(number, steps.submit(() -> moveOn(row)));
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
                    if (store.isComplete(generation.number())) {
                        move(generation, GenerationState.BUILDING, GenerationState.INDEXING);
                    }
                }
                case INDEXING -> {
                    if (indexes.complete(generation)) {
                        move(generation, GenerationState.INDEXING, GenerationState.VERIFYING);
                    }
                }
                case VERIFYING -> verify(row);
                case READY -> {
                    indexes.buildIfNeeded(generation);
                    if (row.promoteWhenReady()
                            && store.isComplete(generation.number())
                            && store.promote(generation.number())) {
                        LOG.info("event=generation-promoted generation={}", generation.number());
                    }
                }
                case FAILED, LIVE, PREVIOUS -> indexes.buildIfNeeded(generation);
                case DROPPING -> {
                    if (groups.delete(generation.number())) {
                        store.drop(generation.number());
                        LOG.info("event=generation-dropped generation={}", generation.number());
                    }
                }
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
