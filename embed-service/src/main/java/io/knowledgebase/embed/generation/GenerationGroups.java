package io.knowledgebase.embed.generation;

import io.knowledgebase.schemas.event.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
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
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.jspecify.annotations.Nullable;

/** The consumer groups of generations in Kafka. */
final class GenerationGroups implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final Map<String, Object> properties;
    private @Nullable Admin admin;

    GenerationGroups(Map<String, Object> adminProperties) {
        this.properties = new HashMap<>(adminProperties);
        properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) TIMEOUT.toMillis());
        properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) TIMEOUT.toMillis());
    }

    /** Lets a generation that nobody has fed yet skip the chunks there are, for none of them is its own. */
    void skipChunksOfOthers(int generation) {
        Map<TopicPartition, OffsetAndMetadata> ends = new HashMap<>();
        offsets(Topics.CHUNKS, OffsetSpec.latest())
                .forEach((partition, end) -> ends.put(partition, new OffsetAndMetadata(end)));
        await(admin().alterConsumerGroupOffsets(Topics.writeGroup(generation), ends)
                .all());
    }

    /** Events that the generation has not consumed, by topic; markers of transactions count too. */
    Map<String, Long> lag(int generation) {
        Map<String, Long> lag = new LinkedHashMap<>();
        for (String topic : List.of(Topics.DOCUMENTS, Topics.SLOW_DOCUMENTS, Topics.CHUNKS)) {
            lag.put(
                    topic,
                    lag(
                            topic.equals(Topics.CHUNKS) ? Topics.writeGroup(generation) : Topics.embedGroup(generation),
                            topic));
        }
        return lag;
    }

    private long lag(String group, String topic) {
        Map<TopicPartition, @Nullable OffsetAndMetadata> committed =
                await(admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
        Map<TopicPartition, Long> starts = offsets(topic, OffsetSpec.earliest());
        long lag = 0;
        for (Map.Entry<TopicPartition, Long> end :
                offsets(topic, OffsetSpec.latest()).entrySet()) {
            OffsetAndMetadata reached = committed.get(end.getKey());
            long from = Objects.requireNonNullElse(starts.get(end.getKey()), 0L);
            lag += Math.max(0, end.getValue() - (reached == null ? from : Math.max(from, reached.offset())));
        }
        return lag;
    }

    /** Removes a generation's groups; false while a process is still a member. */
    boolean delete(int generation) {
        for (String group : List.of(Topics.embedGroup(generation), Topics.writeGroup(generation))) {
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
        }
        return true;
    }

    private Map<TopicPartition, Long> offsets(String topic, OffsetSpec spec) {
        TopicDescription description = Objects.requireNonNull(
                await(admin().describeTopics(Set.of(topic)).allTopicNames()).get(topic));
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        description
                .partitions()
                .forEach(partition -> wanted.put(new TopicPartition(topic, partition.partition()), spec));
        Map<TopicPartition, Long> offsets = new HashMap<>();
        for (Map.Entry<TopicPartition, ListOffsetsResultInfo> offset :
                await(admin().listOffsets(wanted).all()).entrySet()) {
            offsets.put(offset.getKey(), offset.getValue().offset());
        }
        return offsets;
    }

    /** Opened when first needed: with a host name that does not resolve yet, it cannot be. */
    private synchronized Admin admin() {
        if (admin == null) {
            admin = Admin.create(properties);
        }
        return admin;
    }

    private static <T> T await(KafkaFuture<T> future) {
        try {
            return future.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
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
            admin.close(TIMEOUT);
        }
    }
}
