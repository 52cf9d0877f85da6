package io.knowledgebase.ingest.deadletter;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class LetterHeadersTest {

    @Test
    void numbersAndTextsAreWrittenOut() {
        LetterHeaders headers = LetterHeaders.of(new RecordHeaders()
                .add(
                        "kafka_dlt-original-partition",
                        ByteBuffer.allocate(4).putInt(2).array())
                .add(
                        "kafka_dlt-original-offset",
                        ByteBuffer.allocate(8).putLong(1L << 40).array())
                .add("ce_type", bytes("before"))
                .add("ce_type", bytes("kb.document.accepted.v1"))
                .add("binary", new byte[] {(byte) 0xff, 1})
                .add("none", null));

        assertThat(headers.number("kafka_dlt-original-partition")).contains(2L);
        assertThat(headers.number("kafka_dlt-original-offset")).contains(1L << 40);
        assertThat(headers.text("ce_type")).contains("kb.document.accepted.v1");
        assertThat(headers.texts()).containsEntry("binary", "ff01").containsEntry("none", "");
        assertThat(headers.text("none")).isEmpty();
    }

    @Test
    void stackTraceIsShownWithoutItsMessages() {
        Exception failure = new IllegalStateException(
                "secret: one\n\tat the lighthouse (a secret)\nCaused by: secret keeper",
                new IllegalArgumentException("secret two"));
        failure.addSuppressed(new UnsupportedOperationException("secret three"));

        String shown = stackTrace(failure);

        assertThat(shown)
                .startsWith(
                        "java.lang.IllegalStateException\n\tat io.knowledgebase.ingest.deadletter.LetterHeadersTest")
                .contains(
                        "\nCaused by: java.lang.IllegalArgumentException\n",
                        "\tSuppressed: java.lang.UnsupportedOperationException\n",
                        " more\n")
                .doesNotContain("secret");
        assertThat(shown.lines().filter(line -> line.startsWith("\tat")))
                .as("lambdas, modules and native methods")
                .hasSameSizeAs(failure.getStackTrace());
    }

    @Test
    void ofAMessageTheFirstLineIsShown() {
        LetterHeaders headers =
                LetterHeaders.of(new RecordHeaders().add("kafka_dlt-exception-message", bytes("not an event\nsecret")));

        assertThat(headers.texts())
                .containsOnlyKeys("kafka_dlt-exception-message")
                .containsValue("not an event");
    }

    private static String stackTrace(Exception failure) {
        StringWriter written = new StringWriter();
        failure.printStackTrace(new PrintWriter(written));
        return LetterHeaders.of(new RecordHeaders().add("kafka_dlt-exception-stacktrace", bytes(written.toString())))
                .text("kafka_dlt-exception-stacktrace")
                .orElseThrow();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
