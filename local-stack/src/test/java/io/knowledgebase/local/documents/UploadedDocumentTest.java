package io.knowledgebase.local.documents;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class UploadedDocumentTest {

    static final Instant SENT = Instant.parse("2026-11-22T20:38:00Z");

    @Test
    void warningsAndTheTimeOfIndexingAreReadFromTheService() {
        UploadedDocument document = document();

        assertThat(document.warnings()).containsExactly("The text was cut.");
        assertThat(document.indexedAt()).isEqualTo("2026-11-22T20:38:01.5Z");
        assertThat(document.sentAt()).isEqualTo(SENT);
        assertThat(document.isIndexed()).isTrue();
    }

    @Test
    void aScriptSeesTheStatusOnceAndTimesAsText() {
        JsonNode json = JsonMapper.shared().valueToTree(document());

        assertThat(json.propertyNames())
                .contains("status", "warnings", "unchanged")
                .doesNotContain("indexed", "terminal");
        assertThat(json.path("sentAt").asString()).isEqualTo("2026-11-22T20:38:00Z");
    }

    private static UploadedDocument document() {
        JsonNode answer = JsonMapper.shared()
                .readTree("{\"documentId\": \"4f1c9a52-7c0e-5b7e-9d43-0c2f8c1f6a11\", \"status\": \"indexed\","
                        + " \"warnings\": [\"The text was cut.\"], \"indexedAt\": \"2026-11-22T20:38:01.5Z\"}");
        return UploadedDocument.of("a.txt", SENT, answer, false);
    }
}
