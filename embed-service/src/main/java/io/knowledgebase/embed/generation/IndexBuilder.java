package io.knowledgebase.embed.generation;

import io.knowledgebase.embed.generation.GenerationStore.IndexState;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds HNSW indexes after the first bulk load: when a generation has enough chunks to need one and nothing is on its
 * way, or when so many have come that waiting would make searches slow. Until then searches are exact.
 */
final class IndexBuilder {

    private static final Logger LOG = LoggerFactory.getLogger(IndexBuilder.class);

    private final GenerationStore store;
    private final GenerationSettings settings;

    IndexBuilder(GenerationStore store, GenerationSettings settings) {
        this.store = store;
        this.settings = settings;
    }

    /** Builds the index of a generation that is in use if it is time. */
    void buildIfNeeded(Generation generation) {
        if (store.indexState(generation.number()) != IndexState.VALID
                && isLarge(generation)
                && (!store.isLoading() || store.hasChunks(generation.number(), settings.indexAtLatestFromChunks()))) {
            build(generation);
        }
    }

    /** Builds the index of a generation that has all its documents, if it is large; false if another process does so. */
    boolean complete(Generation generation) {
        return !isLarge(generation) || store.indexState(generation.number()) == IndexState.VALID || build(generation);
    }

    private boolean isLarge(Generation generation) {
        return store.hasChunks(generation.number(), settings.indexFromChunks());
    }

    private boolean build(Generation generation) {
        LOG.info("event=index-build-started generation={}", generation.number());
        Instant start = Instant.now();
        boolean built = store.buildIndex(generation);
        LOG.info(
                "event={} generation={} seconds={}",
                built ? "index-built" : "index-built-elsewhere",
                generation.number(),
                Duration.between(start, Instant.now()).toSeconds());
        return built;
    }
}
