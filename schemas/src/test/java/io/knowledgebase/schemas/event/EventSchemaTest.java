package io.knowledgebase.schemas.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class EventSchemaTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Instant NOW = Instant.parse("2026-11-22T20:38:00Z");
    private static final EventCodec CODEC = new EventCodec("/kb/test", Clock.fixed(NOW, ZoneOffset.UTC));

    @ParameterizedTest
    @MethodSource("types")
    void goldenExampleIsValidAndIsReadAndWrittenBackEqual(String type) {
        String golden = golden(type);
        assertThat(errors(type, golden)).isEmpty();

        ProducerRecord<String, byte[]> written = CODEC.write("topic", read(type, golden));

        assertThat(JSON.readTree(written.value())).isEqualTo(JSON.readTree(golden));
        assertThat(errors(type, new String(written.value(), UTF_8))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("types")
    void fieldsOfALaterReleaseAreAccepted(String type) {
        ObjectNode later = (ObjectNode) JSON.readTree(golden(type));
        later.putObject("addedLater").put("x", 1);

        assertThat(errors(type, later.toString())).isEmpty();
        assertThat(CODEC.write("topic", read(type, later.toString())).value())
                .isEqualTo(CODEC.write("topic", read(type, golden(type))).value());
    }

    @ParameterizedTest
    @MethodSource("types")
    void everyRequiredFieldIsMissed(String type) {
        for (JsonNode field : JSON.readTree(schemaText(type)).get("required")) {
            ObjectNode lacking = (ObjectNode) JSON.readTree(golden(type));
            lacking.remove(field.stringValue());

            assertThat(errors(type, lacking.toString())).as(field.stringValue()).isNotEmpty();
            assertThatThrownBy(() -> read(type, lacking.toString()))
                    .as(field.stringValue())
                    .isInstanceOf(MalformedEventException.class);
        }
    }

    @Test
    void everyRequiredFieldOfAChunkIsMissed() {
        String type = "kb.document.embedded.v1";
        for (JsonNode field : JSON.readTree(schemaText(type)).at("/properties/chunks/items/required")) {
            ObjectNode lacking = (ObjectNode) JSON.readTree(golden(type));
            ((ObjectNode) lacking.get("chunks").get(0)).remove(field.stringValue());

            assertThatThrownBy(() -> read(type, lacking.toString()))
                    .as(field.stringValue())
                    .isInstanceOf(MalformedEventException.class);
        }
    }

    @ParameterizedTest
    @MethodSource("types")
    void schemaDescribesExactlyTheFieldsOfTheRecord(String type) {
        Class<?> event = Stream.of(Event.class.getPermittedSubclasses())
                .filter(candidate ->
                        EventCodec.type(candidate.asSubclass(Event.class)).equals(type))
                .findFirst()
                .orElseThrow();

        assertThat(JSON.readTree(schemaText(type)).get("properties").propertyNames())
                .containsExactlyInAnyOrderElementsOf(fields(event));
    }

    @Test
    void schemaOfAChunkDescribesExactlyTheFieldsOfTheRecord() {
        JsonNode chunk = JSON.readTree(schemaText("kb.document.embedded.v1")).at("/properties/chunks/items/properties");

        assertThat(chunk.propertyNames()).containsExactlyInAnyOrderElementsOf(fields(EmbeddedChunk.class));
    }

    @Test
    void reasonsOfTheSchemaAreThoseOfTheCode() {
        JsonNode reasons = JSON.readTree(schemaText("kb.document.rejected.v1")).at("/properties/reason/enum");

        assertThat(reasons.values())
                .extracting(JsonNode::stringValue)
                .containsExactlyElementsOf(Arrays.stream(RejectionReason.values())
                        .map(RejectionReason::code)
                        .toList());
    }

    @Test
    void eventTravelsAsACloudEventInBinaryMode() {
        DocumentDeleted event = (DocumentDeleted) read("kb.document.deleted.v1", golden("kb.document.deleted.v1"));

        ProducerRecord<String, byte[]> written = CODEC.write(Topics.DOCUMENTS, event);

        assertThat(written.topic()).isEqualTo("kb.documents");
        assertThat(written.key()).isEqualTo(event.documentId().toString());
        assertThat(header(written.headers(), "ce_specversion")).isEqualTo("1.0");
        assertThat(header(written.headers(), "ce_type")).isEqualTo("kb.document.deleted.v1");
        assertThat(header(written.headers(), "ce_source")).isEqualTo("/kb/test");
        assertThat(header(written.headers(), "ce_subject"))
                .isEqualTo(event.documentId().toString());
        assertThat(header(written.headers(), "ce_time")).isEqualTo("2026-11-22T20:38:00Z");
        assertThat(header(written.headers(), "ce_id")).hasSize(36);
        assertThat(header(written.headers(), "content-type")).isEqualTo("application/json");
    }

    @Test
    void recordThatIsNoEventSaysWhereItLies() {
        assertThatThrownBy(() -> CODEC.read(new ConsumerRecord<>("kb.documents", 3, 42, "key", new byte[] {1})))
                .isInstanceOf(MalformedEventException.class)
                .hasMessageContaining("kb.documents-3@42");
        assertThatThrownBy(() -> read("kb.document.deleted.v1", "{\"version\": null}"))
                .isInstanceOf(MalformedEventException.class);
        assertThatThrownBy(() -> read("kb.document.burnt.v1", golden("kb.document.deleted.v1")))
                .isInstanceOf(MalformedEventException.class);
    }

    private static Stream<String> types() {
        return Stream.of(Event.class.getPermittedSubclasses())
                .map(event -> EventCodec.type(event.asSubclass(Event.class)));
    }

    private static List<String> fields(Class<?> type) {
        return Arrays.stream(type.getRecordComponents())
                .map(component -> component.getName())
                .toList();
    }

    private static Event read(String type, String data) {
        ConsumerRecord<String, byte[]> consumed =
                new ConsumerRecord<>("kb.documents", 3, 42, "key", data.getBytes(UTF_8));
        consumed.headers()
                .add("ce_specversion", "1.0".getBytes(UTF_8))
                .add("ce_id", "1".getBytes(UTF_8))
                .add("ce_type", type.getBytes(UTF_8))
                .add("ce_source", "/kb/other".getBytes(UTF_8))
                .add("content-type", "application/json".getBytes(UTF_8));
        return CODEC.read(consumed);
    }

    private static List<Error> errors(String type, String data) {
        Schema schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(schemaText(type), InputFormat.JSON);
        return schema.validate(
                data,
                InputFormat.JSON,
                execution -> execution.executionConfig(config -> config.formatAssertionsEnabled(true)));
    }

    private static String schemaText(String type) {
        return resource("/events/" + type + ".json");
    }

    private static String golden(String type) {
        return resource("/golden/" + type + ".json");
    }

    private static String header(Headers headers, String name) {
        return new String(headers.lastHeader(name).value(), UTF_8);
    }

    private static String resource(String name) {
        try (InputStream in = EventSchemaTest.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(name, e);
        }
    }
}
