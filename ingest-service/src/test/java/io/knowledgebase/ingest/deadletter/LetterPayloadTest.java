package io.knowledgebase.ingest.deadletter;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.AbstractMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LetterPayloadTest {

    @Test
    void simpleFieldsAroundTheChunksAreShown() {
        LetterPayload payload = payload("""
                {"documentId": "d", "version": 3, "last": true, "userId": null, "title": "My secret",
                 "chunks": [{"text": "secret", "vector": "AAAA"}, {"text": "secret"}, 5], "reason": "internal"}
                """);

        assertThat(payload.fields())
                .containsExactly(
                        entry("documentId", "d"),
                        entry("version", 3L),
                        entry("last", true),
                        entry("userId", null),
                        entry("reason", "internal"));
        assertThat(payload.chunks()).isEqualTo(3);
        assertThat(payload.omitted()).containsExactly("title", "chunks");
    }

    @Test
    void textThatHidesInAnotherFieldIsNotShown() {
        LetterPayload payload = payload("""
                {"documentId": {"text": "secret"}, "version": [1, "secret"], "attempt": 1e5,
                 "contentBytes": 123456789012345678901234567890, "text": "secret"}
                """);

        assertThat(payload.fields()).isEmpty();
        assertThat(payload.omitted()).containsExactly("documentId", "version", "attempt", "contentBytes", "text");
    }

    @Test
    void longValuesAndManyFieldsAreCut() {
        String many =
                IntStream.range(0, 100).mapToObj(i -> "\"field" + i + "\": 1").collect(Collectors.joining(", "));

        LetterPayload payload = payload("{\"detail\": \"" + "x".repeat(5000) + "\", " + many + "}");

        assertThat(payload.text("detail"))
                .hasValueSatisfying(text -> assertThat(text).hasSize(1001).endsWith("…"));
        assertThat(payload.omitted()).hasSize(20);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "\"secret\"", "{\"documentId\": \"secret\"", "{} {}", "secret"})
    void whatIsNoJsonObjectHasNoFields(String event) {
        LetterPayload payload = payload(event);

        assertThat(payload.fields()).isNull();
        assertThat(payload.bytes()).isEqualTo(event.length());
        assertThat(payload.omitted()).isEmpty();
    }

    private static Map.Entry<String, Object> entry(String name, Object value) {
        return new AbstractMap.SimpleEntry<>(name, value);
    }

    private static LetterPayload payload(String event) {
        return LetterPayload.of(event.getBytes(StandardCharsets.UTF_8));
    }
}
