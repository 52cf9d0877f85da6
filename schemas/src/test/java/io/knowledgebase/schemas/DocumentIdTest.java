package io.knowledgebase.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The expected ids come from Python: {@code uuid.UUID(bytes=sha1(namespace + lengths and parts)[:16], version=5)}. */
class DocumentIdTest {

    @Test
    void idsNeverChange() {
        assertThat(DocumentId.of("anna", "upload", "Übersicht/2026.pdf"))
                .hasToString("b97555ae-f1b2-502e-b9a2-0a69f30bfd6c");
        assertThat(DocumentId.ofChunk(DocumentId.of("anna", "upload", "Übersicht/2026.pdf"), "ab".repeat(32), 0))
                .hasToString("48ad2601-612c-52c1-8268-caf9548f5289");
    }

    @Test
    void partsThatReadAlikeTogetherAreDifferentDocuments() {
        assertThat(DocumentId.of("a", "b", "c")).isNotEqualTo(DocumentId.of("ab", "", "c"));
    }
}
