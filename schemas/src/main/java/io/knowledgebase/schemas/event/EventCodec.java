package io.knowledgebase.schemas.event;

import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.kafka.KafkaMessageFactory;
import io.cloudevents.rw.CloudEventRWException;
import java.net.URI;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;

/** Writes events as CloudEvents in Kafka's binary mode and reads them back; safe for use by several threads. */
public final class EventCodec {

    private static final Map<String, Class<? extends Event>> TYPES = Map.of(
            "kb.document.accepted.v1", DocumentAccepted.class,
            "kb.document.deferred.v1", DocumentDeferred.class,
            "kb.document.deleted.v1", DocumentDeleted.class,
            "kb.document.embedded.v1", DocumentEmbedded.class,
            "kb.document.rejected.v1", DocumentRejected.class,
            "kb.document.removed.v1", DocumentRemoved.class);

    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .disable(EnumFeature.READ_UNKNOWN_ENUM_VALUES_AS_NULL)
            .build();

    private final URI source;
    private final Clock clock;

    /**
     * A codec that writes in the name of one service.
     *
     * @param source the producing service, as in {@code /kb/ingest-service}
     */
    public EventCodec(String source, Clock clock) {
        this.source = URI.create(source);
        this.clock = clock;
    }

    /** The name that the event's class has on the wire, as in {@code kb.document.accepted.v1}. */
    public static String type(Class<? extends Event> event) {
        return TYPES.entrySet().stream()
                .filter(entry -> entry.getValue() == event)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(event + " has no type"));
    }

    public ProducerRecord<String, byte[]> write(String topic, Event event) {
        CloudEvent cloudEvent = CloudEventBuilder.v1()
                .withId(UUID.randomUUID().toString())
                .withType(type(event.getClass()))
                .withSource(source)
                .withTime(clock.instant().atOffset(ZoneOffset.UTC))
                .withSubject(event.documentId().toString())
                .withData("application/json", JSON.writeValueAsBytes(event))
                .build();
        return KafkaMessageFactory.<String>createWriter(
                        topic, null, null, event.documentId().toString())
                .writeBinary(cloudEvent);
    }

    /**
     * Reads a record of any event type.
     *
     * @throws MalformedEventException if the record is not one of our events
     */
    public Event read(ConsumerRecord<?, byte[]> consumed) {
        try {
            CloudEvent cloudEvent = KafkaMessageFactory.createReader(consumed).toEvent();
            Class<? extends Event> type = TYPES.get(cloudEvent.getType());
            if (type == null) {
                throw new IllegalArgumentException("unknown type " + cloudEvent.getType());
            }
            return JSON.readValue(
                    Objects.requireNonNull(cloudEvent.getData(), "no data").toBytes(), type);
        } catch (JacksonException | CloudEventRWException | IllegalArgumentException | NullPointerException e) {
            throw new MalformedEventException(
                    "record " + consumed.topic() + "-" + consumed.partition() + "@" + consumed.offset()
                            + " is not an event of kb: " + e.getClass().getSimpleName(),
                    e);
        }
    }
}
