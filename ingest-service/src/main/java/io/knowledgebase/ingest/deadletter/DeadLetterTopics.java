package io.knowledgebase.ingest.deadletter;

import static java.util.stream.Collectors.toSet;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads the topics of dead letters; an event is let go as soon as it is summed up. */
final class DeadLetterTopics {

    private static final Duration POLL = Duration.ofMillis(500);
    private static final int FETCH_BYTES = 1024 * 1024;
    private static final int EVENTS_AT_ONCE = 20;

    private final Map<String, Object> properties;
    private final Duration timeout;

    /**
     * A reader that opens a connection for each question.
     *
     * @param timeout time after which Kafka counts as away, and for which one page is read
     */
    DeadLetterTopics(Map<String, Object> commonProperties, Duration timeout) {
        this.properties = new HashMap<>(commonProperties);
        properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES);
        properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, FETCH_BYTES);
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, EVENTS_AT_ONCE);
        properties.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Math.toIntExact(timeout.toMillis()));
        this.timeout = timeout;
    }

    /**
     * The letters from a place on, oldest first; fewer than the limit if reading takes long.
     *
     * @throws KafkaException if Kafka is away
     */
    LetterPage list(LetterCursor from, int limit) {
        try (KafkaConsumer<String, byte[]> consumer = open()) {
            List<TopicPartition> partitions = partitions(consumer);
            Map<TopicPartition, Long> first = consumer.beginningOffsets(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            Map<TopicPartition, Long> starts = new HashMap<>();
            Map<TopicPartition, Deque<DeadLetter>> queues = new LinkedHashMap<>();
            consumer.assign(partitions);
            for (TopicPartition partition : partitions) {
                long wanted = Math.max(of(first, partition), from.next().getOrDefault(partition, 0L));
                starts.put(partition, Math.min(wanted, of(ends, partition)));
                queues.put(partition, new ArrayDeque<>());
                consumer.seek(partition, of(starts, partition));
            }
            read(consumer, queues, ends, limit);
            Set<TopicPartition> ended = partitions.stream()
                    .filter(partition -> consumer.position(partition) >= of(ends, partition))
                    .collect(toSet());
            LetterPage page = LetterPage.merge(starts, queues, ended, limit);
            if (page.letters().isEmpty() && page.next() != null) {
                throw new TimeoutException("no dead letter could be read within " + timeout);
            }
            return page;
        }
    }

    private void read(
            KafkaConsumer<String, byte[]> consumer,
            Map<TopicPartition, Deque<DeadLetter>> queues,
            Map<TopicPartition, Long> ends,
            int limit) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (System.nanoTime() - deadline < 0) {
            Set<TopicPartition> done = queues.keySet().stream()
                    .filter(partition -> of(queues, partition).size() >= limit
                            || consumer.position(partition) >= of(ends, partition))
                    .collect(toSet());
            if (done.size() == queues.size()) {
                return;
            }
            consumer.pause(done);
            for (ConsumerRecord<String, byte[]> filed : consumer.poll(POLL)) {
                of(queues, new TopicPartition(filed.topic(), filed.partition())).add(DeadLetter.of(filed));
            }
        }
    }

    /**
     * One letter; empty if there is none at this place, or no longer.
     *
     * @throws KafkaException if Kafka is away
     */
    Optional<InspectedLetter> find(LetterId id) {
        TopicPartition partition = id.topicPartition();
        try (KafkaConsumer<String, byte[]> consumer = open()) {
            if (!partitions(consumer).contains(partition)
                    || id.offset() < of(consumer.beginningOffsets(List.of(partition)), partition)
                    || id.offset() >= of(consumer.endOffsets(List.of(partition)), partition)) {
                return Optional.empty();
            }
            consumer.assign(List.of(partition));
            consumer.seek(partition, id.offset());
            long deadline = System.nanoTime() + timeout.toNanos();
            while (System.nanoTime() - deadline < 0) {
                for (ConsumerRecord<String, byte[]> filed : consumer.poll(POLL)) {
                    return filed.offset() == id.offset() ? Optional.of(InspectedLetter.of(filed)) : Optional.empty();
                }
                if (consumer.position(partition) > id.offset()) { // the end of a transaction has an offset too
                    return Optional.empty();
                }
            }
            throw new TimeoutException("dead letter " + id + " could not be read within " + timeout);
        }
    }

    private KafkaConsumer<String, byte[]> open() {
        return new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer());
    }

    private static List<TopicPartition> partitions(KafkaConsumer<String, byte[]> consumer) {
        return LetterId.TOPICS.stream()
                .flatMap(topic -> consumer.partitionsFor(topic).stream())
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList();
    }

    private static <T> T of(Map<TopicPartition, T> map, TopicPartition partition) {
        return Objects.requireNonNull(map.get(partition));
    }
}
