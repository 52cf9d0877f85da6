package io.knowledgebase.vectorizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtEnvironment;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DenseVectorizerTest {

    private static DenseVectorizer dense;

    @BeforeAll
    static void load() {
        dense = DenseVectorizer.miniLm();
    }

    @AfterAll
    static void close() {
        dense.close();
    }

    @Test
    void saysWhatItIs() {
        assertThat(dense.model()).isEqualTo("all-minilm-l6-v2-int8");
        assertThat(dense.dimension()).isEqualTo(384);
        assertThat(dense.maximumTokens()).isEqualTo(254);
    }

    /** As onnxruntime 1.29 does, on by default, from the library's own code. */
    @Test
    void theRuntimeReportsToNobody() throws IOException {
        try (InputStream library = Objects.requireNonNull(
                OrtEnvironment.class.getResourceAsStream("/ai/onnxruntime/native/linux-x64/libonnxruntime.so"))) {
            String code = new String(library.readAllBytes(), StandardCharsets.ISO_8859_1);
            assertThat(code.contains("onnxruntime")).isTrue();
            assertThat(code.contains("events.data.microsoft.com")).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a", "How many people live in Berlin?", "\0\ud800", "😀", "北京大学", "مرحبا"})
    void vectorsHaveUnitLength(String text) {
        float[] vector = dense.vectorize(text);
        assertThat(vector).hasSize(384);
        assertThat(cosine(vector, vector)).isCloseTo(1, within(1e-6));
    }

    /**
     * Computed with tokenizers 0.23.2, onnxruntime 1.30 and numpy in Python; processors without VNNI saturate 8-bit
     * products and differ a little.
     */
    @Test
    void vectorIsThatOfTheReferenceImplementation() {
        float[] vector = dense.vectorize("How many people live in Berlin?");
        assertThat(Arrays.copyOf(vector, 6))
                .containsExactly(new float[] {.1221f, -.0115f, -.0014f, .0599f, -.0831f, .0714f}, within(.01f));
    }

    @Test
    void nearerInMeaningIsNearerInCosine() {
        float[] query = dense.vectorize("How do I restore a database backup?");
        double answer = cosine(query, dense.vectorize("Recovering the database from a dump after data loss"));
        double related = cosine(query, dense.vectorize("The database has twelve tables"));
        double other = cosine(query, dense.vectorize("The cake needs two eggs and a spoon of sugar"));
        assertThat(answer).isGreaterThan(related + .05);
        assertThat(related).isGreaterThan(other + .05);
    }

    @Test
    void longTextIsReadUpToTheMaximum() {
        String first = "replica ".repeat(254);
        assertThat(dense.wordPieces().count(first)).isEqualTo(254);
        assertThat(dense.vectorize(first + "never seen")).containsExactly(dense.vectorize(first));
        assertThat(dense.vectorize("replica ".repeat(253) + "lag")).isNotEqualTo(dense.vectorize(first));
    }

    @Test
    void pieceInTheMiddleOfAWordMayBeTheLast() {
        String cut = "replica ".repeat(253) + "unaffable";
        assertThat(dense.wordPieces().count(cut)).isEqualTo(256);
        assertThat(dense.vectorize(cut)).containsExactly(dense.vectorize("replica ".repeat(253) + "una"));
    }

    @Test
    void fourThreadsAtOnceGetWhatOneGets() throws Exception {
        List<String> texts = IntStream.rangeClosed(1, 40)
                .mapToObj(i -> "Replica " + i + " lags behind. ".repeat(i))
                .toList();
        List<float[]> alone = texts.stream().map(dense::vectorize).toList();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            Callable<List<float[]>> all =
                    () -> texts.stream().map(dense::vectorize).toList();
            for (Future<List<float[]>> together : threads.invokeAll(Collections.nCopies(4, all))) {
                for (int i = 0; i < alone.size(); i++) {
                    assertThat(together.get().get(i)).containsExactly(alone.get(i));
                }
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void closedVectorizerSaysSo() {
        DenseVectorizer closed = DenseVectorizer.miniLm();
        closed.close();
        closed.close();
        assertThatIllegalStateException()
                .isThrownBy(() -> closed.vectorize("text"))
                .withMessageContaining("closed");
    }

    private static double cosine(float[] a, float[] b) {
        double product = 0;
        for (int i = 0; i < a.length; i++) {
            product += (double) a[i] * b[i];
        }
        return product;
    }
}
