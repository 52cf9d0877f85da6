package io.knowledgebase.embed.write;

import io.knowledgebase.embed.generation.Generations;
import io.knowledgebase.schemas.event.DocumentRejected;
import io.knowledgebase.schemas.event.RejectionReason;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives a document whose event became a dead letter its terminal state. */
final class FailedDocuments {

    private static final Logger LOG = LoggerFactory.getLogger(FailedDocuments.class);

    private final Generations generations;
    private final ChunkWriter writer;
    private final ChunkStore store;

    FailedDocuments(Generations generations, ChunkWriter writer, ChunkStore store) {
        this.generations = generations;
        this.writer = writer;
        this.store = store;
    }

    void markInternal(ConsumerRecord<?, ?> poison) {
        UUID documentId;
        try {
            documentId = UUID.fromString(String.valueOf(poison.key()));
        } catch (IllegalArgumentException e) {
            LOG.warn("event=dead-letter-without-document topic={} offset={}", poison.topic(), poison.offset());
            return;
        }
        int generation = generations.live().number();
        store.find(documentId)
                .ifPresent(state -> writer.write(new DocumentRejected(
                        documentId,
                        "",
                        generation,
                        state.version(),
                        state.attempt(),
                        RejectionReason.INTERNAL,
                        "Writing the chunks failed for a reason that is not the document's; the operators find it"
                                + " among the dead letters.")));
    }
}
