package io.knowledgebase.ingest.publish;

import io.knowledgebase.schemas.event.Event;
import io.knowledgebase.schemas.event.EventCodec;
import io.knowledgebase.schemas.event.MalformedEventException;
import io.knowledgebase.schemas.event.TopicReader;
import io.knowledgebase.schemas.event.Topics;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the topic of documents follow the table again, after Kafka was lost or PostgreSQL restored from a backup that is
 * older than Kafka: documents that the table does not know are removed from the topic, and every other one becomes
 * pending with the first attempt of an epoch that Kafka has never seen. Whoever breaks off begins again. For one thread.
 */
final class Republication {

    private static final Logger LOG = LoggerFactory.getLogger(Republication.class);

    /** Attempts of one epoch; as {@code first_attempt()} has it. */
    private static final int ATTEMPTS = 1_000_000;

    private static final int BATCH = 2_000;

    private final PublishStore store;
    private final TopicReader reader;
    private final EventCodec codec;

    Republication(PublishStore store, TopicReader reader, EventCodec codec) {
        this.store = store;
        this.reader = reader;
        this.codec = codec;
    }

    boolean isWanted() {
        return store.isRepublicationWanted();
    }

    /**
     * Does it if it is wanted.
     *
     * @param mayGoOn asked now and then; the next one that may begins again
     */
    void run(EventProducer producer, BooleanSupplier mayGoOn) {
        LOG.warn("event=republication-begins");
        int[] greatest = {store.greatestAttempt()};
        int[] removed = {0};
        boolean read = reader.readAll(Topics.DOCUMENTS, mayGoOn, batch -> {
            greatest[0] = Math.max(greatest[0], greatestAttempt(batch));
            List<UUID> unknown = store.unknown(documents(batch));
            producer.remove(unknown);
            removed[0] += unknown.size();
        });
        if (!read) {
            return;
        }
        int epoch = greatest[0] / ATTEMPTS + 1;
        if (!store.raiseEpoch(epoch)) {
            return; // it begins again
        }
        int documents = 0;
        List<UUID> batch = store.renew(null, BATCH);
        while (!batch.isEmpty() && mayGoOn.getAsBoolean()) {
            documents += batch.size();
            batch = store.renew(batch.get(batch.size() - 1), BATCH);
        }
        if (batch.isEmpty()) {
            store.endRepublication();
            LOG.warn("event=republication epoch={} documents={} removed={}", epoch, documents, removed[0]);
        }
    }

    private int greatestAttempt(ConsumerRecords<String, byte[]> batch) {
        int greatest = 0;
        for (ConsumerRecord<String, byte[]> consumed : batch) {
            if (consumed.value() != null) {
                try {
                    Event event = codec.read(consumed);
                    greatest = Math.max(greatest, event.attempt());
                } catch (MalformedEventException e) {
                    LOG.info("event=unreadable-event partition={} offset={}", consumed.partition(), consumed.offset());
                }
            }
        }
        return greatest;
    }

    private static List<UUID> documents(ConsumerRecords<String, byte[]> batch) {
        List<UUID> documents = new ArrayList<>();
        for (ConsumerRecord<String, byte[]> consumed : batch) {
            try {
                documents.add(UUID.fromString(String.valueOf(consumed.key())));
            } catch (IllegalArgumentException e) {
                LOG.info("event=unreadable-key partition={} offset={}", consumed.partition(), consumed.offset());
            }
        }
        return documents;
    }
}
