package io.knowledgebase.embed.embed;

import io.knowledgebase.embed.generation.FedGeneration;
import io.knowledgebase.schemas.event.DocumentDeferred;
import io.knowledgebase.schemas.event.DocumentRejected;
import io.knowledgebase.schemas.event.Event;
import io.knowledgebase.schemas.event.EventCodec;
import io.knowledgebase.schemas.event.MalformedEventException;
import io.knowledgebase.schemas.event.RejectionReason;
import io.knowledgebase.schemas.event.Topics;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.RecoverableDataAccessException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.transaction.CannotCreateTransactionException;

/**
 * Brings one record to its end: transient faults are retried for as long as they last, a record that fails for a reason
 * of its own becomes a dead letter and its document {@code failed/internal}.
 */
final class EmbedWorker {

    private static final Logger LOG = LoggerFactory.getLogger(EmbedWorker.class);
    /** What Kafka takes uncompressed; one that it refuses would be tried again for ever. */
    private static final int MAXIMUM_EVENT_BYTES = 1_000_000;

    private static final Duration FIRST_BACKOFF = Duration.ofMillis(200);
    private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(10);

    private final FedGeneration fed;
    private final DocumentEmbedder embedder;
    private final DocumentStore store;
    private final EventCodec codec;
    private final EmbedSettings settings;
    private final EmbedMetrics metrics;

    EmbedWorker(
            FedGeneration fed,
            DocumentEmbedder embedder,
            DocumentStore store,
            EventCodec codec,
            EmbedSettings settings,
            EmbedMetrics metrics) {
        this.fed = fed;
        this.embedder = embedder;
        this.store = store;
        this.codec = codec;
        this.settings = settings;
        this.metrics = metrics;
    }

    /** Takes the records that a document causes, in order. */
    interface Output {

        /** False once the partition is somebody else's. */
        boolean isWanted();

        /** Blocks while too many wait to be sent; throws {@link CancellationException} once nobody wants them. */
        void send(ProducerRecord<String, byte[]> produced) throws InterruptedException;
    }

    void process(ConsumerRecord<String, byte[]> consumed, Output output) throws InterruptedException {
        if (consumed.value() == null) {
            return; // the document is unknown: it was taken out of the topic
        }
        Duration backoff = FIRST_BACKOFF;
        int failures = 0;
        Event event = null;
        while (output.isWanted()) {
            try {
                Instant start = Instant.now();
                event = codec.read(consumed);
                embedder.embed(event, sink(output));
                metrics.documentDone(Duration.between(start, Instant.now()));
                return;
            } catch (CancellationException e) {
                throw e;
            } catch (IOException | RuntimeException | OutOfMemoryError | StackOverflowError e) {
                if (!isTransient(e)) {
                    failures++;
                    LOG.warn(
                            "event=document-attempt-failed documentId={} failures={} cause={}",
                            consumed.key(),
                            failures,
                            e.getClass().getName());
                    if (failures >= settings.attempts() || e instanceof MalformedEventException) {
                        bury(consumed, event, e, output);
                        return;
                    }
                } else {
                    LOG.warn(
                            "event=waiting documentId={} retryIn={} cause=\"{}\"",
                            consumed.key(),
                            backoff,
                            e.getMessage());
                }
            }
            Thread.sleep(backoff.toMillis());
            backoff =
                    backoff.multipliedBy(2).compareTo(LONGEST_BACKOFF) < 0 ? backoff.multipliedBy(2) : LONGEST_BACKOFF;
        }
    }

    private DocumentEmbedder.Sink sink(Output output) {
        return new DocumentEmbedder.Sink() {
            @Override
            public boolean isWanted() {
                return output.isWanted();
            }

            @Override
            public void emit(Event event) throws InterruptedException {
                ProducerRecord<String, byte[]> record =
                        codec.write(event instanceof DocumentDeferred ? Topics.SLOW_DOCUMENTS : Topics.CHUNKS, event);
                if (record.value().length > MAXIMUM_EVENT_BYTES) {
                    throw new IllegalStateException("an event of " + record.value().length + " bytes");
                }
                output.send(record);
            }
        };
    }

    /** Database or disk away: nothing is wrong with the document. */
    private static boolean isTransient(Throwable failure) {
        return failure instanceof TransientDataAccessException
                || failure instanceof DataAccessResourceFailureException
                || failure instanceof RecoverableDataAccessException
                || failure instanceof CannotCreateTransactionException
                || failure instanceof IOException;
    }

    /** @param event what the record says, or null if it cannot be read */
    private void bury(ConsumerRecord<String, byte[]> poison, @Nullable Event event, Throwable cause, Output output)
            throws InterruptedException {
        if (event != null || fed.isLive()) { // a replay meets again what cannot be read, and it has been told
            LOG.error(
                    "event=dead-letter topic={} partition={} offset={} documentId={}",
                    poison.topic(),
                    poison.partition(),
                    poison.offset(),
                    poison.key(),
                    cause);
            output.send(DeadLetter.of(poison, cause));
        }
        Optional<Event> rejected = event == null
                ? published(poison)
                : Optional.of(rejected(event.documentId(), event.userId(), event.version(), event.attempt()));
        if (rejected.isPresent()) {
            output.send(codec.write(Topics.CHUNKS, rejected.get()));
        }
    }

    /** What a record that cannot be read must have said; only of documents it is known which record is theirs. */
    private Optional<Event> published(ConsumerRecord<String, byte[]> poison) {
        return poison.topic().equals(Topics.DOCUMENTS)
                ? documentId(poison)
                        .flatMap(id -> store.findPublishedAt(id, poison.partition(), poison.offset())
                                .map(row -> rejected(id, row.userId(), row.version(), row.attempt())))
                : Optional.empty();
    }

    private Event rejected(UUID documentId, String userId, int version, int attempt) {
        return new DocumentRejected(
                documentId,
                userId,
                fed.generation().number(),
                version,
                attempt,
                RejectionReason.INTERNAL,
                "Indexing failed for a reason that is not the document's; the operators find it among the dead"
                        + " letters.");
    }

    private static Optional<UUID> documentId(ConsumerRecord<String, byte[]> consumed) {
        try {
            return Optional.of(UUID.fromString(String.valueOf(consumed.key())));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
