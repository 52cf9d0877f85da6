package io.knowledgebase.schemas.event;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads committed events of a topic apart from any group; safe for use by several threads. */
public final class TopicReader {

    private static final Duration POLL = Duration.ofMillis(500);
    private static final int FETCH_BYTES = 1024 * 1024;

    private final TopicOffsets offsets;
    private final Map<String, Object> properties;
    private final Duration timeout;

    /** @param timeout time after which Kafka counts as away */
    public TopicReader(TopicOffsets offsets, Map<String, Object> commonProperties, Duration timeout) {
        this.offsets = offsets;
        this.properties = new HashMap<>(commonProperties);
        properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES);
        properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, FETCH_BYTES);
        properties.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Math.toIntExact(timeout.toMillis()));
        this.timeout = timeout;
    }

    /** True once a group has processed every committed event of a topic before the given ends. */
    public boolean hasPassed(String group, String topic, Map<TopicPartition, Long> ends) {
        Map<TopicPartition, Long> committed = offsets.committed(group, topic);
        Map<TopicPartition, Long> starts = offsets.starts(topic);
        Map<TopicPartition, Long> gaps = new HashMap<>();
        ends.forEach((partition, end) -> {
            long start = starts.getOrDefault(partition, 0L);
            long reached = Math.max(start, committed.getOrDefault(partition, start));
            if (reached < end) {
                gaps.put(partition, reached);
            }
        });
        return gaps.isEmpty() || holdNoEvents(gaps, ends);
    }

    /**
     * A group commits the offset after the last event that it processed, but the markers that end transactions have
     * offsets too: only reading tells whether anything else is left.
     */
    private boolean holdNoEvents(Map<TopicPartition, Long> gaps, Map<TopicPartition, Long> ends) {
        try (KafkaConsumer<String, byte[]> consumer = open()) {
            consumer.assign(gaps.keySet());
            gaps.forEach(consumer::seek);
            long deadline = System.nanoTime() + timeout.toNanos();
            while (System.nanoTime() < deadline) {
                for (ConsumerRecord<String, byte[]> event : consumer.poll(POLL)) {
                    if (event.offset() < end(ends, new TopicPartition(event.topic(), event.partition()))) {
                        return false;
                    }
                }
                if (hasReached(consumer, ends)) {
                    return true;
                }
            }
            return false;
        }
    }

    /**
     * Reads what a topic holds now.
     *
     * @param goesOn asked after each batch
     * @param batches takes what was read, in order within a partition
     * @return false if it was not to go on
     * @throws KafkaException if for a while nothing can be read
     */
    public boolean readAll(String topic, BooleanSupplier goesOn, Consumer<ConsumerRecords<String, byte[]>> batches) {
        Map<TopicPartition, Long> ends = offsets.ends(topic);
        try (KafkaConsumer<String, byte[]> consumer = open()) {
            consumer.assign(ends.keySet());
            consumer.seekToBeginning(ends.keySet());
            long deadline = System.nanoTime() + timeout.toNanos();
            while (!hasReached(consumer, ends)) {
                ConsumerRecords<String, byte[]> batch = consumer.poll(POLL);
                if (!batch.isEmpty()) {
                    batches.accept(batch);
                    deadline = System.nanoTime() + timeout.toNanos();
                } else if (System.nanoTime() > deadline) {
                    throw new KafkaException(topic + " cannot be read to its end");
                }
                if (!goesOn.getAsBoolean()) {
                    return false;
                }
            }
            return true;
        }
    }

    private KafkaConsumer<String, byte[]> open() {
        return new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer());
    }

    private static boolean hasReached(KafkaConsumer<?, ?> consumer, Map<TopicPartition, Long> ends) {
        return consumer.assignment().stream()
                .allMatch(partition -> consumer.position(partition) >= end(ends, partition));
    }

    private static long end(Map<TopicPartition, Long> ends, TopicPartition partition) {
        return Objects.requireNonNull(ends.get(partition));
    }
}
