package io.knowledgebase.schemas.event;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.jspecify.annotations.Nullable;

/**
 * Where topics begin and end and how far consumer groups have come. Every method throws {@link KafkaException} if Kafka
 * is away; safe for use by several threads.
 */
public final class TopicOffsets implements AutoCloseable {

    private final Map<String, Object> properties;
    private final Duration timeout;
    private @Nullable Admin admin;

    /** @param timeout time after which Kafka counts as away */
    public TopicOffsets(Map<String, Object> adminProperties, Duration timeout) {
        int timeoutMs = Math.toIntExact(timeout.toMillis());
        this.properties = new HashMap<>(adminProperties);
        properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, timeoutMs);
        properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, timeoutMs);
        this.timeout = timeout;
    }

    /** For each partition the offset of its first event. */
    public Map<TopicPartition, Long> starts(String topic) {
        return offsets(topic, OffsetSpec.earliest());
    }

    /**
     * For each partition the offset after its last event, committed or not. What a reader of committed events sees may
     * end earlier: the marker of a transaction reaches a partition later than the group whose offset it commits.
     */
    public Map<TopicPartition, Long> ends(String topic) {
        return offsets(topic, OffsetSpec.latest());
    }

    private Map<TopicPartition, Long> offsets(String topic, OffsetSpec spec) {
        TopicDescription description = Objects.requireNonNull(
                await(admin().describeTopics(Set.of(topic)).allTopicNames()).get(topic));
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        description
                .partitions()
                .forEach(partition -> wanted.put(new TopicPartition(topic, partition.partition()), spec));
        Map<TopicPartition, Long> offsets = new HashMap<>();
        await(admin().listOffsets(wanted).all())
                .forEach((partition, offset) -> offsets.put(partition, offset.offset()));
        return offsets;
    }

    /** For each partition the offset up to which a group has processed it; none where it never committed. */
    public Map<TopicPartition, Long> committed(String group, String topic) {
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

    /** Lets a group that has no members begin at the ends of a topic. */
    public void moveToEnds(String group, String topic) {
        Map<TopicPartition, OffsetAndMetadata> ends = new HashMap<>();
        ends(topic).forEach((partition, end) -> ends.put(partition, new OffsetAndMetadata(end)));
        await(admin().alterConsumerGroupOffsets(group, ends).all());
    }

    /** Removes a group if there is one; false while it has members. */
    public boolean deleteGroup(String group) {
        try {
            await(admin().deleteConsumerGroups(List.of(group)).all());
        } catch (KafkaException e) {
            if (e.getCause() instanceof GroupNotEmptyException) {
                return false;
            }
            if (!(e.getCause() instanceof GroupIdNotFoundException)) {
                throw e;
            }
        }
        return true;
    }

    /** True if a broker answers. */
    public boolean isKafkaThere() {
        try {
            return !await(admin().describeCluster().nodes()).isEmpty();
        } catch (KafkaException e) {
            return false;
        }
    }

    /** Opened when first needed: with a host name that does not resolve yet, it cannot be. */
    private synchronized Admin admin() {
        if (admin == null) {
            admin = Admin.create(properties);
        }
        return admin;
    }

    private <T> T await(KafkaFuture<T> future) {
        try {
            return future.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new KafkaException("Kafka did not do it", e.getCause());
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
