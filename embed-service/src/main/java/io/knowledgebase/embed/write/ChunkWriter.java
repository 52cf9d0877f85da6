package io.knowledgebase.embed.write;

import io.knowledgebase.schemas.event.DocumentEmbedded;
import io.knowledgebase.schemas.event.DocumentRejected;
import io.knowledgebase.schemas.event.DocumentRemoved;
import io.knowledgebase.schemas.event.Event;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Applies one event of {@code kb.chunks} in one transaction. A repeat changes nothing: rows are keyed by version,
 * attempt and position, and the greater (version, attempt) wins.
 */
final class ChunkWriter {

    private static final Logger LOG = LoggerFactory.getLogger(ChunkWriter.class);

    private final ChunkStore store;
    private final TransactionTemplate transaction;

    ChunkWriter(ChunkStore store, TransactionTemplate transaction) {
        this.store = store;
        this.transaction = transaction;
    }

    void write(Event event) {
        transaction.executeWithoutResult(status -> {
            Optional<DocumentState> state = store.lock(event.documentId());
            if (state.isEmpty()) {
                LOG.warn("event=unknown-document documentId={}", event.documentId());
            } else if (event instanceof DocumentEmbedded part) {
                write(part, state.get());
            } else if (event instanceof DocumentRejected rejected) {
                write(rejected, state.get());
            } else if (event instanceof DocumentRemoved removed) {
                write(removed, state.get());
            } else {
                throw new IllegalArgumentException("not an event of kb.chunks: " + event.getClass());
            }
        });
    }

    private void write(DocumentEmbedded part, DocumentState state) {
        if (state.deleted() || !state.isAt(part.version(), part.attempt())) {
            store.deleteStaged(part.generation(), part.documentId(), part.version(), part.attempt());
            LOG.info("event=stale-part documentId={} version={}", part.documentId(), part.version());
            return;
        }
        if (store.hasOutcome(part.generation(), part.documentId(), part.version(), part.attempt())) {
            LOG.info("event=repeated-part documentId={} version={}", part.documentId(), part.version());
            return;
        }
        store.insert(part);
        int staged = store.countChunks(part);
        if (!part.last()) {
            store.saveProgress(part, staged);
        } else if (staged != part.documentChunks()) {
            // The earlier parts expired in Kafka or were removed; the vectors that are here will be reused.
            LOG.warn(
                    "event=parts-missing documentId={} version={} staged={} expected={}",
                    part.documentId(),
                    part.version(),
                    staged,
                    part.documentChunks());
            store.requestAnotherAttempt(part.documentId());
        } else if (store.saveIndexed(part)) {
            store.deleteOtherChunks(part.generation(), part.documentId(), part.version(), part.attempt());
            store.settle(part, part.generation());
            LOG.info(
                    "event=indexed documentId={} version={} attempt={} generation={} chunks={} embedded={} reused={}",
                    part.documentId(),
                    part.version(),
                    part.attempt(),
                    part.generation(),
                    part.documentChunks(),
                    part.embeddedChunks(),
                    part.reusedChunks());
        }
    }

    private void write(DocumentRejected rejected, DocumentState state) {
        if (state.deleted() || !state.isAt(rejected.version(), rejected.attempt())) {
            return;
        }
        if (store.saveFailed(rejected)) {
            store.deleteAllChunks(rejected.generation(), rejected.documentId());
            store.settle(rejected, rejected.generation());
            LOG.info(
                    "event=failed documentId={} version={} attempt={} generation={} reason={}",
                    rejected.documentId(),
                    rejected.version(),
                    rejected.attempt(),
                    rejected.generation(),
                    rejected.reason().code());
        }
    }

    private void write(DocumentRemoved removed, DocumentState state) {
        if (!state.deleted()) {
            return; // uploaded again since
        }
        store.deleteAllChunks(removed.generation(), removed.documentId());
        store.deleteIndexed(removed.generation(), removed.documentId());
        store.settle(removed, removed.generation());
        LOG.info(
                "event=removed documentId={} version={} generation={}",
                removed.documentId(),
                removed.version(),
                removed.generation());
    }
}
