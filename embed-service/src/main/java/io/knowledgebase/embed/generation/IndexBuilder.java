package io.knowledgebase.embed.generation;

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

    private static final Logger LOG = LoggerFactory.getLogger(IndexBuilder.class);

    private final GenerationStore store;
    private final GenerationSettings settings;

    IndexBuilder(GenerationStore store, GenerationSettings settings) {
        this.store = store;
        this.settings = settings;
    }

    @Override
    public void run() {
        try {
            Generation live = store.live();
            if (isNeeded(live)) {
                build(live);
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
        LOG.info("event=index-build-started generation={}", generation.number());
        Instant start = Instant.now();
        if (store.buildIndex(generation)) {
            LOG.info(
                    "event=index-built generation={} seconds={}",
                    generation.number(),
                    Duration.between(start, Instant.now()).toSeconds());
        } else {
            LOG.info("event=index-built-elsewhere generation={}", generation.number());
        }
    }
}
