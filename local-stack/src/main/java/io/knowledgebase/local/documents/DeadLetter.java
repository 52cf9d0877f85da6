package io.knowledgebase.local.documents;

import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.schemas.event.Topics;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * An event that could not be processed.
 *
 * @param headers as text; numbers in binary headers are written out
 */
record DeadLetter(
        Instant time, String topic, long offset, String documentId, String cause, Map<String, String> headers) {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final List<String> CAUSES = List.of(
            "kafka_dlt-exception-message", "kafka_dlt-exception-cause-fqcn", "kafka_dlt-exception-fqcn", "cause");

    /** All that the brokers still keep, oldest first. */
    static List<DeadLetter> readAll(String bootstrapServers) {
        Map<String, Object> settings = Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                (int) PATIENCE.toMillis(),
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed");
        try (KafkaConsumer<String, byte[]> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = Stream.of(Topics.DOCUMENTS, Topics.CHUNKS)
                    .map(topic -> topic + Topics.DEAD_LETTER_SUFFIX)
                    .flatMap(topic -> consumer.partitionsFor(topic).stream())
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            List<DeadLetter> letters = new ArrayList<>();
            Instant deadline = Instant.now().plus(PATIENCE);
            while (partitions.stream().anyMatch(part -> consumer.position(part) < ends.getOrDefault(part, 0L))
                    && Instant.now().isBefore(deadline)) {
                consumer.poll(POLL).forEach(event -> letters.add(of(event)));
            }
            letters.sort(Comparator.comparing(DeadLetter::time));
            return letters;
        } catch (KafkaException e) {
            throw CommandFailedException.notRunning(
                    "the dead letters cannot be read from " + bootstrapServers + ": " + e.getMessage(),
                    "./kb status shows whether Kafka runs");
        }
    }

    private static DeadLetter of(ConsumerRecord<String, byte[]> event) {
        Map<String, String> headers = new TreeMap<>();
        for (Header header : event.headers()) {
            headers.put(header.key(), text(header));
        }
        String cause = CAUSES.stream()
                .map(headers::get)
                .filter(text -> text != null && !text.isBlank())
                .findFirst()
                .orElse("unknown")
                .lines()
                .findFirst()
                .orElse("unknown");
        String documentId = headers.getOrDefault("ce_subject", event.key() == null ? "" : event.key());
        return new DeadLetter(
                Instant.ofEpochMilli(event.timestamp()), event.topic(), event.offset(), documentId, cause, headers);
    }

    private static String text(Header header) {
        byte[] value = header.value();
        boolean binary = value.length > 0 && value[0] == 0;
        return binary ? Long.toString(new BigInteger(value).longValue()) : new String(value, StandardCharsets.UTF_8);
    }
}
