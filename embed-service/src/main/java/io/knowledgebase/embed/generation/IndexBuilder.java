package io.knowledgebase.embed.generation;

import io.knowledgebase.schemas.database.Lease;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Builds the live generation's HNSW index after its first bulk load: when it has enough chunks to need one and nothing
 * is on its way, or when so many have come that waiting would make searches slow. Until then searches are exact.
 */
final class IndexBuilder implements Runnable {

    /** Longer than any build, which cannot prolong its lease: 50,000 chunks take 9 s. */
    static final Duration LEASE = Duration.ofHours(1);

    private static final Logger LOG = LoggerFactory.getLogger(IndexBuilder.class);

    private final GenerationStore store;
    private final Lease lease;
    private final GenerationSettings settings;

    IndexBuilder(GenerationStore store, Lease lease, GenerationSettings settings) {
        this.store = store;
        this.lease = lease;
        this.settings = settings;
    }

    @Override
    public void run() {
        try {
            Generation live = store.live();
            if (isNeeded(live) && lease.acquire()) {
                try {
                    build(live);
                } finally {
                    lease.release();
                }
            }
        } catch (DataAccessException | TransactionException e) {
            LOG.warn("event=index-check-failed cause=\"{}\"", e.getMessage());
        }
    }

    private boolean isNeeded(Generation generation) {
        return store.indexState(generation.number()) != GenerationStore.IndexState.VALID
                && store.hasChunks(generation.number(), settings.indexFromChunks())
                && (!store.isLoading() || store.hasChunks(generation.number(), settings.indexAtLatestFromChunks()));
    }

    private void build(Generation generation) {
        GenerationStore.IndexState state = store.indexState(generation.number());
        if (state == GenerationStore.IndexState.VALID) {
            return;
        }
        if (state == GenerationStore.IndexState.INVALID) {
            store.dropIndex(generation.number());
        }
        LOG.info("event=index-build-started generation={}", generation.number());
        Instant start = Instant.now();
        store.createIndex(generation);
        LOG.info(
                "event=index-built generation={} seconds={}",
                generation.number(),
                Duration.between(start, Instant.now()).toSeconds());
    }
}
