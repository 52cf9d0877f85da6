package io.knowledgebase.schemas.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class NotionEventCodecTest {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final NotionEventCodec CODEC = new NotionEventCodec("/kb/test");

    @Test
    void goldenExampleIsValidAndCarriedAsItCame() {
        byte[] golden = bytes("/golden/kb.notion.event-received.v1.json");
        assertThat(schema().validate(new String(golden, UTF_8), InputFormat.JSON))
                .isEmpty();

        NotionEventReceived event = NotionEventCodec.parse(golden);
        ProducerRecord<String, byte[]> written = CODEC.write(event, golden);

        assertThat(written.topic()).isEqualTo("kb.notion-events");
        assertThat(written.key()).isEqualTo("a1b2c3d4-0000-4000-8000-000000000005");
        assertThat(written.value()).isEqualTo(golden);
        ConsumerRecord<String, byte[]> consumed =
                new ConsumerRecord<>(written.topic(), 0, 0, written.key(), written.value());
        written.headers().forEach(consumed.headers()::add);
        NotionEventReceived read = CODEC.read(consumed);
        assertThat(read).isEqualTo(event);
        assertThat(read.data().pageId()).isEqualTo(UUID.fromString("a1b2c3d4-0000-4000-8000-000000000006"));
        assertThat(read.data().parent().type()).isEqualTo("block");
    }

    @Test
    void everyRequiredFieldIsMissed() {
        for (JsonNode field :
                JSON.readTree(bytes("/events/kb.notion.event-received.v1.json")).get("required")) {
            ObjectNode lacking = (ObjectNode) JSON.readTree(bytes("/golden/kb.notion.event-received.v1.json"));
            lacking.remove(field.stringValue());

            assertThat(schema().validate(lacking.toString(), InputFormat.JSON)).isNotEmpty();
            assertThatThrownBy(() -> NotionEventCodec.parse(JSON.writeValueAsBytes(lacking)))
                    .isInstanceOf(MalformedEventException.class)
                    .hasMessageContaining(field.stringValue() + " is missing");
        }
        for (String other : new String[] {"", "null", "[]", "7", "{", "{\"id\": 5}", "not json"}) {
            assertThatThrownBy(() -> NotionEventCodec.parse(other.getBytes(UTF_8)))
                    .as(other)
                    .isInstanceOf(MalformedEventException.class);
        }
    }

    private static Schema schema() {
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(new String(bytes("/events/kb.notion.event-received.v1.json"), UTF_8), InputFormat.JSON);
    }

    private static byte[] bytes(String resource) {
        try (InputStream in = NotionEventCodecTest.class.getResourceAsStream(resource)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
