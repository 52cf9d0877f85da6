package io.knowledgebase.ingest.deadletter;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.knowledgebase.ingest.document.DocumentStatus;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.support.KafkaHeaders;

/**
 * An event that could not be processed.
 *
 * @param time when it was given up
 * @param key of the event, which is its document's id unless something is wrong with it
 * @param documentStatus what became of the document since; null if there is no such document
 * @param version the document's, as the event has it
 * @param attempt the document's, as the event has it
 */
record DeadLetter(
        LetterId id,
        Instant time,
        String topic,
        @Nullable String key,
        @Nullable UUID documentId,
        @Nullable DocumentStatus documentStatus,
        @Nullable Long version,
        @Nullable Long attempt,
        Cause cause,
        Original original) {

    private static final String SUBJECT = "ce_subject";

    /** Why it was given up, as far as that is known. */
    record Cause(
            @JsonProperty("class") @Nullable String className,
            @Nullable String message) {}

    /** Where the event came from, as far as that is known. */
    record Original(
            @Nullable String topic,
            @Nullable Long partition,
            @Nullable Long offset) {}

    static DeadLetter of(ConsumerRecord<String, byte[]> filed) {
        LetterHeaders headers = LetterHeaders.of(filed.headers());
        Optional<LetterPayload> payload = Optional.ofNullable(filed.value()).map(LetterPayload::of);
        Optional<String> key = Optional.ofNullable(filed.key()).map(LetterHeaders::shortened);
        return new DeadLetter(
                new LetterId(filed.topic(), filed.partition(), filed.offset()),
                Instant.ofEpochMilli(filed.timestamp()),
                filed.topic(),
                key.orElse(null),
                Stream.of(key, headers.text(SUBJECT), payload.flatMap(event -> event.text("documentId")))
                        .flatMap(Optional::stream)
                        .flatMap(text -> uuid(text).stream())
                        .findFirst()
                        .orElse(null),
                null,
                payload.flatMap(event -> event.number("version")).orElse(null),
                payload.flatMap(event -> event.number("attempt")).orElse(null),
                new Cause(
                        headers.text(KafkaHeaders.DLT_EXCEPTION_CAUSE_FQCN)
                                .or(() -> headers.text(KafkaHeaders.DLT_EXCEPTION_FQCN))
                                .orElse(null),
                        headers.text(KafkaHeaders.DLT_EXCEPTION_MESSAGE).orElse(null)),
                new Original(
                        headers.text(KafkaHeaders.DLT_ORIGINAL_TOPIC).orElse(null),
                        headers.number(KafkaHeaders.DLT_ORIGINAL_PARTITION).orElse(null),
                        headers.number(KafkaHeaders.DLT_ORIGINAL_OFFSET).orElse(null)));
    }

    DeadLetter withStatus(@Nullable DocumentStatus status) {
        return new DeadLetter(id, time, topic, key, documentId, status, version, attempt, cause, original);
    }

    private static Optional<UUID> uuid(String text) {
        try {
            return Optional.of(UUID.fromString(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
