package io.knowledgebase.ingest.cutover.qdrant;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.ingest.cutover.qdrant.regroup.Reason;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

class StagedPointTest {

    private static final String UPLOAD =
            "{'text': 'A text', 'source_type': 'upload', 'chunk_id': 3, 'user_id': null, 'metadata': {'source': 'a.txt'}}";

    @Test
    void uploadIsUnderstood() {
        StagedPoint point = staged("""
                {'text': 'Größe', 'source_type': 'upload', 'chunk_id': 3, 'user_id': null,
                 'metadata': {'source': 'Bericht.pdf', 'page': 2, 'file_type': 'pdf', 'total_pages': 9}}
                """);

        assertThat(point.misfit()).isNull();
        assertThat(point.owner()).isNull();
        assertThat(point.source()).isEqualTo("Bericht.pdf");
        assertThat(point.content()).isEqualTo("Größe");
        assertThat(point.chunkId()).isEqualTo(3);
        assertThat(point.page()).isEqualTo(2);
        assertThat(point.totalPages()).isEqualTo(9);
        assertThat(point.fileType()).isEqualTo("pdf");
        assertThat(point.original()).isNull();
    }

    @Test
    void pageHasTheIdThatNotionGivesIt() {
        String page =
                "{'text': 'x', 'source_type': 'notion', 'chunk_id': 0, 'metadata': {'page_id': '%s', 'user_id': 'u',"
                        + " 'title': 'T', 'url': 'https://www.notion.so/x', 'last_edited_time': '2024-05-01T12:00:00.000Z'}}";
        String plain = "1F0e2d3C4b5a69788796a5b4c3d2e1f0";
        String dashed = "1f0e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

        assertThat(staged(page.formatted(plain)).source()).isEqualTo(dashed);
        assertThat(staged(page.formatted(dashed)).source()).isEqualTo(dashed);
        assertThat(staged(page.formatted(dashed)).owner()).isEqualTo("u");
        assertThat(staged(page.formatted("1-1-1-1-1")).misfit()).isEqualTo(Reason.BAD_SOURCE);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "'text': 'A text', | 'other': 1, | NO_TEXT",
                "'A text' | null | NO_TEXT",
                "'A text' | '' | NO_TEXT",
                "'A text' | 17 | TEXT_NOT_STRING",
                "'A text' | ['A text'] | TEXT_NOT_STRING",
                "'chunk_id': 3, | 'other': 1, | NO_CHUNK_ID",
                "'chunk_id': 3 | 'chunk_id': null | NO_CHUNK_ID",
                "'chunk_id': 3 | 'chunk_id': -1 | BAD_CHUNK_ID",
                "'chunk_id': 3 | 'chunk_id': '3' | BAD_CHUNK_ID",
                "'chunk_id': 3 | 'chunk_id': 1.5 | BAD_CHUNK_ID",
                "'chunk_id': 3 | 'chunk_id': 4294967296 | BAD_CHUNK_ID",
                "'chunk_id': 3 | 'chunk_id': 1e400 | BAD_CHUNK_ID",
                "'upload' | 'web' | UNKNOWN_SOURCE_TYPE",
                "'upload' | null | UNKNOWN_SOURCE_TYPE",
                "'user_id': null | 'user_id': {} | BAD_OWNER",
                "'user_id': null | 'user_id': true | BAD_OWNER",
                "'user_id': null | 'user_id': 'a\\u0000b' | BAD_OWNER",
                "{'source': 'a.txt'} | {} | NO_SOURCE",
                "{'source': 'a.txt'} | null | NO_SOURCE",
                "{'source': 'a.txt'} | 'a.txt' | NO_SOURCE",
                "{'source': 'a.txt'} | {'source': '  '} | NO_SOURCE"
            },
            delimiter = '|')
    void whatIsOddHasItsReasonAndIsKeptAside(String part, String odd, Reason reason) {
        assertThat(UPLOAD).contains(part);
        StagedPoint point = staged(UPLOAD.replace(part, odd));

        assertThat(point.misfit()).isEqualTo(reason);
        assertThat(point.original()).isNotEmpty();
    }

    @Test
    void payloadMayBeAnything() {
        assertThat(staged("null").misfit()).isEqualTo(Reason.NO_PAYLOAD);
        assertThat(staged("[]").misfit()).isEqualTo(Reason.NO_PAYLOAD);
        assertThat(staged("'text'").misfit()).isEqualTo(Reason.NO_PAYLOAD);
        assertThat(staged("{}").misfit()).isEqualTo(Reason.UNKNOWN_SOURCE_TYPE);
        assertThat(StagedPoint.of(new QdrantPoint(new PointId("7"), null, null, true))
                        .misfit())
                .isEqualTo(Reason.TOO_LARGE);
    }

    @Test
    void nameThatNoUploadCanHaveIsRefused() {
        assertThat(staged(UPLOAD.replace("a.txt", "ä".repeat(600))).misfit()).isEqualTo(Reason.BAD_SOURCE);
        assertThat(staged(UPLOAD.replace("a.txt", "ä".repeat(500))).misfit()).isNull();
    }

    @Test
    void nulIsReplacedAsInAnyTextAndTheOriginalKept() {
        StagedPoint point = staged(UPLOAD.replace("A text", "A\\u0000text"));

        assertThat(point.misfit()).isNull();
        assertThat(point.content()).isEqualTo("A\uFFFDtext");
        assertThat(new String(point.original(), StandardCharsets.UTF_8)).contains("A\\u0000text");
    }

    @Test
    void numericalOwnerAndWholeNumbersInOtherFormsAreTaken() {
        StagedPoint point =
                staged(UPLOAD.replace("'user_id': null", "'user_id': 12").replace("3", "3.0"));

        assertThat(point.misfit()).isNull();
        assertThat(point.owner()).isEqualTo("12");
        assertThat(point.chunkId()).isEqualTo(3);
    }

    private static StagedPoint staged(String payload) {
        return StagedPoint.of(new QdrantPoint(
                new PointId("1"), JsonMapper.shared().readTree(payload.replace('\'', '"')), null, false));
    }
}
