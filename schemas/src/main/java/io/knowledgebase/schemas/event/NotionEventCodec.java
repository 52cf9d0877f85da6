package io.knowledgebase.schemas.event;

import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.kafka.KafkaMessageFactory;
import io.cloudevents.rw.CloudEventRWException;
import java.net.URI;
import java.time.ZoneOffset;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Writes webhooks of Notion as CloudEvents in Kafka's binary mode, body as it came, and reads them back. */
public final class NotionEventCodec {

    /** The name of the event on the wire. */
    public static final String TYPE = "kb.notion.event-received.v1";

    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final URI source;

    /**
     * A codec that writes in the name of one service.
     *
     * @param source the producing service, as in {@code /kb/ingest-service}
     */
    public NotionEventCodec(String source) {
        this.source = URI.create(source);
    }

    /**
     * The event that a webhook's body is.
     *
     * @throws MalformedEventException if it is none; the message names the field, but no content
     */
    public static NotionEventReceived parse(byte[] body) {
        try {
            return Objects.requireNonNull(JSON.readValue(body, NotionEventReceived.class), "the body");
        } catch (JacksonException e) {
            String cause = e.getCause() instanceof NullPointerException missing
                    ? missing.getMessage() + " is missing"
                    : "it is not JSON of that shape";
            throw new MalformedEventException("not an event of Notion: " + cause, e);
        } catch (NullPointerException e) {
            throw new MalformedEventException("not an event of Notion: " + e.getMessage() + " is missing", e);
        }
    }

    public ProducerRecord<String, byte[]> write(NotionEventReceived event, byte[] body) {
        CloudEvent cloudEvent = CloudEventBuilder.v1()
                .withId(event.id().toString())
                .withType(TYPE)
                .withSource(source)
                .withTime(event.timestamp().atOffset(ZoneOffset.UTC))
                .withSubject(event.entity().id().toString())
                .withData("application/json", body)
                .build();
        return KafkaMessageFactory.<String>createWriter(
                        Topics.NOTION_EVENTS, null, null, event.entity().id().toString())
                .writeBinary(cloudEvent);
    }

    /**
     * Reads a record.
     *
     * @throws MalformedEventException if it is not an event of Notion
     */
    public NotionEventReceived read(ConsumerRecord<?, byte[]> consumed) {
        try {
            CloudEvent cloudEvent = KafkaMessageFactory.createReader(consumed).toEvent();
            if (!TYPE.equals(cloudEvent.getType())) {
                throw new MalformedEventException("unknown type " + cloudEvent.getType(), null);
            }
            return parse(Objects.requireNonNull(cloudEvent.getData(), "data").toBytes());
        } catch (CloudEventRWException | NullPointerException e) {
            throw new MalformedEventException(
                    "not an event of Notion: " + e.getClass().getSimpleName(), e);
        }
    }
}
