package io.knowledgebase.ingest.publish;

import static java.util.stream.Collectors.toMap;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/** How far the consumer groups of a generation have come in the topics. */
final class Consumption implements AutoCloseable {

    private static final Duration PROBE_POLL = Duration.ofMillis(500);
    private static final int PROBE_FETCH_BYTES = 1024 * 1024;

    private final Map<String, Object> adminProperties;
    private final Map<String, Object> consumerProperties;
    private final Duration timeout;
    private @Nullable Admin admin;

    Consumption(
            Map<String, Object> commonAdminProperties, Map<String, Object> commonConsumerProperties, Duration timeout) {
        int timeoutMs = Math.toIntExact(timeout.toMillis());
        this.adminProperties = new HashMap<>(commonAdminProperties);
        adminProperties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, timeoutMs);
        adminProperties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, timeoutMs);
        this.consumerProperties = new HashMap<>(commonConsumerProperties);
        consumerProperties.remove(ConsumerConfig.GROUP_ID_CONFIG);
        consumerProperties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        consumerProperties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        consumerProperties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        consumerProperties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, PROBE_FETCH_BYTES);
        consumerProperties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, PROBE_FETCH_BYTES);
        consumerProperties.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, timeoutMs);
        this.timeout = timeout;
    }

    /**
     * For each partition the offset after its last event, committed or not. What a reader of committed events sees may
     * end earlier: the marker of a transaction reaches a partition later than the group whose offset it commits.
     */
    Map<TopicPartition, Long> ends(String topic) {
        return offsets(topic, OffsetSpec.latest());
    }

    /** For each partition the offset up to which a group has processed it; none where it never committed. */
    Map<TopicPartition, Long> committed(String group, String topic) {
        Map<TopicPartition, @Nullable OffsetAndMetadata> offsets =
                await(admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
        Map<TopicPartition, Long> committed = new HashMap<>();
        offsets.forEach((partition, offset) -> {
            if (offset != null && partition.topic().equals(topic)) {
                committed.put(partition, offset.offset());
            }
        });
        return committed;
    }

    /** True once a group has processed every committed event of a topic before the given ends. */
    boolean hasPassed(String group, String topic, Map<TopicPartition, Long> ends) {
        Map<TopicPartition, Long> committed = committed(group, topic);
        Map<TopicPartition, Long> starts = offsets(topic, OffsetSpec.earliest());
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
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(consumerProperties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(gaps.keySet());
            gaps.forEach(consumer::seek);
            long deadline = System.nanoTime() + timeout.toNanos();
            while (System.nanoTime() < deadline) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(PROBE_POLL);
                for (ConsumerRecord<byte[], byte[]> event : records) {
                    if (event.offset() < end(ends, new TopicPartition(event.topic(), event.partition()))) {
                        return false;
                    }
                }
                if (gaps.keySet().stream()
                        .allMatch(partition -> consumer.position(partition) >= end(ends, partition))) {
                    return true;
                }
            }
            return false;
        }
    }

    private static long end(Map<TopicPartition, Long> ends, TopicPartition partition) {
        return Objects.requireNonNull(ends.get(partition));
    }

    private Map<TopicPartition, Long> offsets(String topic, OffsetSpec spec) {
        TopicDescription description = Objects.requireNonNull(
                await(admin().describeTopics(Set.of(topic)).allTopicNames()).get(topic));
        Map<TopicPartition, OffsetSpec> wanted = description.partitions().stream()
                .collect(toMap(partition -> new TopicPartition(topic, partition.partition()), partition -> spec));
        Map<TopicPartition, ListOffsetsResultInfo> offsets =
                await(admin().listOffsets(wanted).all());
        return offsets.entrySet().stream()
                .collect(toMap(Map.Entry::getKey, entry -> entry.getValue().offset()));
    }

    /** True if a broker answers. */
    boolean isKafkaThere() {
        try {
            return !await(admin().describeCluster().nodes()).isEmpty();
        } catch (KafkaException e) {
            return false;
        }
    }

    /** Opened when first needed: with a host name that does not resolve yet, it cannot be. */
    private synchronized Admin admin() {
        if (admin == null) {
            admin = Admin.create(adminProperties);
        }
        return admin;
    }

    private <T> T await(KafkaFuture<T> future) {
        try {
            return future.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new KafkaException("Kafka did not answer", e.getCause());
        } catch (TimeoutException e) {
            throw new KafkaException("Kafka did not answer in time", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KafkaException("interrupted while asking Kafka", e);
        }
    }

    @Override
    public synchronized void close() {
        if (admin != null) {
            admin.close(timeout.dividedBy(2));
        }
    }
}
