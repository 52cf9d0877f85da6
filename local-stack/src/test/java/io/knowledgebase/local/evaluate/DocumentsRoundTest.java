package io.knowledgebase.local.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.local.documents.Upload;
import io.knowledgebase.local.documents.UploadProgress;
import io.knowledgebase.local.documents.UploadedDocument;
import io.knowledgebase.local.evaluate.DocumentsRound.Judged;
import io.knowledgebase.local.evaluate.DocumentsRound.Result;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DocumentsRoundTest {

    static final SnippetSearch.Found FOUND = new SnippetSearch.Found("a", "text", "lexical", null);
    static final SnippetSearch.Found MISSING = new SnippetSearch.Found("a", "text", null, "not in its only chunk");
    static final Probe.Times ALL = Probe.Times.of(List.of(document("indexed", null, 2)));
    static final Probe.Times NOT_ALL =
            Probe.Times.of(List.of(document("indexed", null, 2), document("failed", "internal", 1)));

    @Test
    void aRoundIsGoodWith98OfAHundred() {
        assertThat(result(98, FOUND, ALL, ALL).good()).isTrue();
        assertThat(result(97, FOUND, ALL, ALL).good()).isFalse();
        assertThat(result(97, FOUND, ALL, ALL).goodDocuments()).isEqualTo(97);
    }

    @Test
    void aMissingSnippetOrProbeMakesARoundBad() {
        assertThat(result(100, MISSING, ALL, ALL).good()).isFalse();
        assertThat(result(100, FOUND, NOT_ALL, ALL).good()).isFalse();
        assertThat(result(100, FOUND, ALL, NOT_ALL).good()).isFalse();
    }

    @Test
    void whatCountsIsTheReasonOfAFailureAndTheWarning() {
        Manifest.Entry corrupt = new Manifest.Entry("a", Expectation.CORRUPT, List.of());
        UploadedDocument warned = new UploadedDocument(
                "a", "id", 1, "indexed", null, null, List.of("a part is missing"), 1, 1, 0, null, null, false);

        assertThat(Judged.of(corrupt, document("failed", "corrupt", 1)).verdict())
                .isEqualTo(Expectation.Verdict.AS_EXPECTED);
        assertThat(Judged.of(corrupt, warned).verdict()).isEqualTo(Expectation.Verdict.BETTER);
        assertThat(Judged.of(corrupt, document("indexed", null, 1)).verdict()).isEqualTo(Expectation.Verdict.DIFFERENT);
        assertThat(Judged.of(corrupt, document("failed", null, 1)).outcome()).isEqualTo("failed");
    }

    @Test
    void probesAreTimedFromTheirUploadUntilTheyAreIndexed() {
        Probe.Times times = Probe.Times.of(List.of(
                document("indexed", null, 9),
                document("failed", "internal", 60),
                document("indexed", null, 2),
                document("indexed", null, 3)));

        assertThat(times.uploaded()).isEqualTo(4);
        assertThat(times.indexed()).isEqualTo(3);
        assertThat(times.median()).contains(Duration.ofSeconds(3));
        assertThat(times.maximum()).contains(Duration.ofSeconds(9));
        assertThat(Probe.Times.of(List.of(document("failed", "internal", 1))).median())
                .isEmpty();
    }

    @Test
    void memoryIsAveragedOverTheFirstAndTheLastQuarter() {
        assertThat(MemoryWatch.Memory.of(List.of(100L, 200L, 300L, 900L, 300L, 300L, 400L, 500L)))
                .isEqualTo(new MemoryWatch.Memory(150, 450, 900));
        assertThat(MemoryWatch.Memory.of(List.of(7L))).isEqualTo(new MemoryWatch.Memory(7, 7, 7));
    }

    @Test
    void midwayIsOnceAThirdOfTheFilesAreTerminal() {
        List<Integer> begun = new ArrayList<>();
        try (Midway midway = new Midway(UploadProgress.silent(), 10, () -> begun.add(1))) {
            midway.show(new Upload.Counts(10, 0, 3));
            assertThat(begun).isEmpty();
            midway.show(new Upload.Counts(10, 0, 4));
            assertThat(begun).hasSize(1);
            midway.show(new Upload.Counts(10, 0, 10));
            assertThat(begun).hasSize(1);
        }
    }

    private static Result result(int good, SnippetSearch.Found snippet, Probe.Times idle, Probe.Times busy) {
        List<Judged> documents = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            documents.add(Judged.of(
                    new Manifest.Entry("d" + i, Expectation.TEXT, List.of()),
                    i < good ? document("indexed", null, 1) : document("failed", "corrupt", 1)));
        }
        return new Result("user", Duration.ofSeconds(1), documents, List.of(snippet), Map.of(), idle, busy, 33, 50);
    }

    private static UploadedDocument document(String status, String reason, int seconds) {
        return new UploadedDocument(
                "a",
                "id",
                1,
                status,
                reason,
                null,
                List.of(),
                1,
                1,
                0,
                Instant.EPOCH,
                Instant.EPOCH.plusSeconds(seconds),
                false);
    }
}
