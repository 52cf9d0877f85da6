package io.knowledgebase.ingest.deadletter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LetterIdTest {

    @Test
    void idIsReadAsItIsWritten() {
        LetterId id = new LetterId("kb.chunks.dlt", 2, 9_000_000_000L);

        assertThat(id).hasToString("kb.chunks.dlt-2-9000000000");
        assertThat(LetterId.parse(id.toString())).contains(id);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "kb.chunks.dlt",
                "kb.chunks.dlt-1",
                "kb.chunks.dlt-1--1",
                "kb.chunks.dlt-9999999999-1",
                "kb.chunks.dlt-1-9999999999999999999",
                "kb.chunks.dlt-1-١",
                "kb.chunks-0-0",
                "__consumer_offsets-0-0"
            })
    void whatIsNoPlaceOfADeadLetterIsNoId(String text) {
        assertThat(LetterId.parse(text)).isEmpty();
    }

    @Test
    void cursorIsReadAsItIsWritten() {
        LetterCursor cursor = new LetterCursor(
                Map.of(new TopicPartition("kb.chunks.dlt", 0), 7L, new TopicPartition("kb.documents.dlt", 1), 8L));

        assertThat(cursor.encode()).isEqualTo("kb.chunks.dlt-0-7,kb.documents.dlt-1-8");
        assertThat(LetterCursor.decode(cursor.encode())).contains(cursor);
        assertThat(LetterCursor.decode("kb.chunks.dlt-0-7,")).isEmpty();
    }
}
