package io.knowledgebase.embed.extract;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.embed.parse.Block;
import io.knowledgebase.embed.parse.Extraction;
import io.knowledgebase.embed.parse.Extraction.Extracted;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

class ExtractorIT {

    private static Extractor extractor;

    @BeforeAll
    static void start() throws Exception {
        extractor = new Extractor(new ExtractSettings(
                2,
                2,
                Duration.ofSeconds(3),
                Duration.ofSeconds(8),
                DataSize.ofMegabytes(256),
                DataSize.ofMegabytes(64),
                1_000_000,
                3,
                true,
                false,
                "eng"));
    }

    @AfterAll
    static void stop() throws Exception {
        extractor.close();
    }

    @Test
    void workerReadsADocument() throws Exception {
        Extraction extraction = extract("anna", "note.md", "# Trip\n\nThe ferry leaves at seven.");

        assertThat(((Extracted) extraction).blocks())
                .extracting(Block::text)
                .containsExactly("Trip", "The ferry leaves at seven.");
        assertThat(extractor.complaint()).isNull();
    }

    private static Extraction extract(String user, String fileName, String text) throws Exception {
        return extract(user, fileName, text.getBytes(StandardCharsets.UTF_8));
    }

    private static Extraction extract(String user, String fileName, byte[] content) throws Exception {
        try (ExtractedFile file = Objects.requireNonNull(extractor.extract(user, fileName, path -> {
            Files.write(path, content);
            return true;
        }))) {
            return file.read();
        }
    }
}
