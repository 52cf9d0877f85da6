package io.knowledgebase.embed.write;

import io.knowledgebase.schemas.event.DocumentRejected;
import io.knowledgebase.schemas.event.Event;
import io.knowledgebase.schemas.event.EventCodec;
import io.knowledgebase.schemas.event.MalformedEventException;
import io.knowledgebase.schemas.event.RejectionReason;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives a document whose event became a dead letter its terminal state. */
final class FailedDocuments {

    private static final Logger LOG = LoggerFactory.getLogger(FailedDocuments.class);

    private final ChunkWriter writer;
    private final ChunkStore store;
    private final EventCodec codec;

    FailedDocuments(ChunkWriter writer, ChunkStore store, EventCodec codec) {
        this.writer = writer;
        this.store = store;
        this.codec = codec;
    }

    void markInternal(ConsumerRecord<?, byte[]> poison, int generation) {
        rejected(poison, generation).ifPresent(writer::write);
    }

    private Optional<DocumentRejected> rejected(ConsumerRecord<?, byte[]> poison, int generation) {
        try {
            Event event = codec.read(poison);
            return Optional.of(rejected(event.documentId(), generation, event.version(), event.attempt()));
        } catch (MalformedEventException e) {
            // Which version it was is not known; the present one is the likeliest.
            return documentId(poison)
                    .flatMap(id ->
                            store.find(id).map(state -> rejected(id, generation, state.version(), state.attempt())));
        }
    }

    private static DocumentRejected rejected(UUID documentId, int generation, int version, int attempt) {
        return new DocumentRejected(
                documentId,
                "",
                generation,
                version,
                attempt,
                RejectionReason.INTERNAL,
                "Writing the chunks failed for a reason that is not the document's; the operators find it among the"
                        + " dead letters.");
    }

    private static Optional<UUID> documentId(ConsumerRecord<?, byte[]> poison) {
        try {
            return Optional.of(UUID.fromString(String.valueOf(poison.key())));
        } catch (IllegalArgumentException e) {
            LOG.warn("event=dead-letter-without-document topic={} offset={}", poison.topic(), poison.offset());
            return Optional.empty();
        }
    }
}
