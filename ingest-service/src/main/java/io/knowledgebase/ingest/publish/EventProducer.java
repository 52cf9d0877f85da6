package io.knowledgebase.ingest.publish;

import io.knowledgebase.ingest.publish.PublishStore.Published;
import io.knowledgebase.schemas.event.Event;
import io.knowledgebase.schemas.event.EventCodec;
import io.knowledgebase.schemas.event.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes batches of events to the topic of documents, each in one Kafka transaction. All processes use the same
 * transactional id, so a producer that opens fences the one before: events of rows that were read after {@link #open}
 * never come after newer ones. For one thread.
 */
final class EventProducer implements AutoCloseable {

    private static final String TRANSACTIONAL_ID = "kb-publisher";

    private final Map<String, Object> properties;
    private final EventCodec codec;
    private final Duration timeout;
    private @Nullable Producer<String, byte[]> producer;

    EventProducer(Map<String, Object> commonProperties, EventCodec codec, Duration timeout) {
        int timeoutMs = Math.toIntExact(timeout.toMillis());
        this.properties = new HashMap<>(commonProperties);
        properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, TRANSACTIONAL_ID);
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "zstd");
        properties.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, timeoutMs);
        properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, timeoutMs);
        properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, timeoutMs);
        properties.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 2 * timeoutMs);
        this.codec = codec;
        this.timeout = timeout;
    }

    /**
     * Publishes all events or none that a reader of committed events sees.
     *
     * @throws KafkaException if that failed or its outcome is unknown; publishing again is safe
     */
    List<Published> publish(List<? extends Event> events) {
        try {
            Producer<String, byte[]> open = Objects.requireNonNull(producer, "open comes first");
            open.beginTransaction();
            List<Future<RecordMetadata>> sent = new ArrayList<>(events.size());
            for (Event event : events) {
                sent.add(open.send(codec.write(Topics.DOCUMENTS, event)));
            }
            open.commitTransaction();
            List<Published> published = new ArrayList<>(events.size());
            for (int i = 0; i < events.size(); i++) {
                RecordMetadata place = sent.get(i).get();
                published.add(new Published(events.get(i), place.partition(), place.offset()));
            }
            return published;
        } catch (ExecutionException e) {
            close();
            throw new KafkaException("a committed event has no offset", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
            throw new KafkaException("interrupted while publishing", e);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Removes documents from the compacted topic: consumers are told nothing, a replay no longer finds them. */
    void remove(Collection<UUID> documentIds) {
        if (documentIds.isEmpty()) {
            return;
        }
        try {
            Producer<String, byte[]> open = Objects.requireNonNull(producer, "open comes first");
            open.beginTransaction();
            for (UUID id : documentIds) {
                var unused = open.send(new ProducerRecord<>(Topics.DOCUMENTS, id.toString(), null));
            }
            open.commitTransaction();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Fences every other producer; does nothing while this one is open.
     *
     * @return whether it was not open before
     * @throws KafkaException if Kafka is away
     */
    boolean open() {
        if (producer != null) {
            return false;
        }
        try {
            producer = new KafkaProducer<>(properties, new StringSerializer(), new ByteArraySerializer());
            producer.initTransactions();
            return true;
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Gives the connection up; the next one that opens ends a transaction that was left open. */
    @Override
    public void close() {
        if (producer != null) {
            producer.close(timeout.dividedBy(2));
            producer = null;
        }
    }
}
