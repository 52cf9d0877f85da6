package io.knowledgebase.ingest.upload;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineReaderTest {

    @Test
    void lastLineNeedsNoEnd() throws IOException {
        assertThat(read("a\nb")).containsExactly("a", "b");
        assertThat(read("a\nb\n")).containsExactly("a", "b");
        assertThat(read("\n\n")).containsExactly("", "");
        assertThat(read("")).isEmpty();
    }

    @Test
    void lineOverTheLimitIsReportedAndTheNextOneIsRead() throws IOException {
        assertThat(read("12345\n123456\nx")).containsExactly("12345", "too long", "x");
    }

    @Test
    void blanksAreWhatJsonIgnores() throws IOException {
        LineReader reader = reader(" \t\r\n x\n");
        assertThat(reader.advance()).isTrue();
        assertThat(reader.isBlank()).isTrue();
        assertThat(reader.advance()).isTrue();
        assertThat(reader.isBlank()).isFalse();
    }

    private static List<String> read(String text) throws IOException {
        LineReader reader = reader(text);
        List<String> lines = new ArrayList<>();
        while (reader.advance()) {
            lines.add(reader.isTooLong() ? "too long" : new String(reader.line(), StandardCharsets.UTF_8));
        }
        return lines;
    }

    private static LineReader reader(String text) {
        return new LineReader(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), 5);
    }
}
