package io.knowledgebase.vectorizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SparseVectorizerTest {

    private final SparseVectorizer sparse = new SparseVectorizer(TextAnalysis.ENGLISH, 4);

    @Test
    void weightsAreTheDocumentSideOfBm25() {
        TermVector vector = sparse.document("replica lag, replica lag; replica promotion");
        // length 6, avglen 4: 1.2·(1−.75+.75·6/4) = 1.65
        assertThat(weight(vector, "replica")).isCloseTo((float) (3 * 2.2 / (3 + 1.65)), within(1e-6f));
        assertThat(weight(vector, "lag")).isCloseTo((float) (2 * 2.2 / (2 + 1.65)), within(1e-6f));
        assertThat(weight(vector, "promotion")).isCloseTo((float) (2.2 / (1 + 1.65)), within(1e-6f));
        assertThat(vector.size()).isEqualTo(3);
    }

    @Test
    void stopWordsAddNothingToTheLength() {
        assertThat(sparse.document("the lag of a replica")).isEqualTo(sparse.document("lag replica"));
    }

    @Test
    void queryWeightsAreFrequencies() {
        TermVector query = sparse.query("lag replica lag");
        assertThat(query.size()).isEqualTo(2);
        assertThat(weight(query, "lag")).isEqualTo(2);
        assertThat(weight(query, "replica")).isEqualTo(1);
    }

    /** Computed with an independent murmur3 (x86, 32 bits, seed 0) over UTF-8, modulo 10^9, plus 1. */
    @ParameterizedTest
    @CsvSource({
        "lag, 50456348",
        "Kafka, 678547743",
        "replicas, 921138373",
        "大学, 16494672",
        "vögel, 158221848",
        "محمد, 508296084",
        "😀, 199479547"
    })
    void idsNeverChange(String text, int id) {
        assertThat(sparse.query(text).ids()).containsExactly(id);
    }

    @ParameterizedTest
    @CsvSource({
        "Replicas, replica",
        "the operator's, operator",
        "the operator’s, operator",
        "running, run",
        "CAFÉ, cafe",
        "Straße, STRASSE",
        "ﬁle, file",
        "Ｋafka, kafka",
        "مُحَمَّد, محمد",
        "Москва, МОСКВА"
    })
    void formsOfAWordMeet(String one, String other) {
        assertThat(sparse.query(one)).isEqualTo(sparse.query(other));
        assertThat(sparse.query(one).isEmpty()).isFalse();
    }

    @Test
    void wordsOfEveryScriptAreFound() {
        assertFound("北京大学是中国的一所大学", "大学");
        assertFound("東京都は日本の首都です", "東京");
        assertFound("ذهب الولد إلى المدرسة", "المدرسة");
        assertFound("Die Vögel sitzen über dem Straßenrand", "vögel");
        assertFound("मैं दिल्ली में रहता हूँ", "दिल्ली");
        assertFound("ฉันรักภาษาไทย", "ภาษา");
        assertFound("release 🚀 today", "🚀");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "the of and to", "…—!?", "\0", "\ud800", "\udc00\ud800"})
    void textWithoutTermsGivesAnEmptyVector(String text) {
        assertThat(sparse.query(text).isEmpty()).isTrue();
        assertThat(sparse.document(text).isEmpty()).isTrue();
    }

    @Test
    void brokenCharactersDoNotHideTheirNeighbours() {
        assertFound("before\0 lag\0 \ud800 replica \udc00after", "lag");
        assertFound("before\0 lag\0 \ud800 replica \udc00after", "replica");
    }

    @Test
    void documentKeepsItsHeaviestTerms() {
        String many = IntStream.range(0, 3_000).mapToObj(i -> "term" + i).collect(Collectors.joining(" "));
        TermVector vector = sparse.document(many + " replica replica lag lag");
        assertThat(vector.size()).isEqualTo(SparseVectorizer.MAXIMUM_DOCUMENT_TERMS);
        assertThat(weight(vector, "replica")).isEqualTo(weight(vector, "lag"));
        assertThat(weight(vector, "replica")).isGreaterThan(weight(vector, "term0"));
    }

    @Test
    void queryKeepsItsFrequentAndEarlyTerms() {
        int limit = SparseVectorizer.MAXIMUM_QUERY_TERMS;
        String many = IntStream.range(0, limit + 10).mapToObj(i -> "term" + i).collect(Collectors.joining(" "));
        TermVector query = sparse.query(many + " replica replica");
        assertThat(query.size()).isEqualTo(limit);
        assertThat(weight(query, "replica")).isEqualTo(2);
        assertThat(weight(query, "term" + (limit - 2))).isEqualTo(1);
        assertThat(query.ids())
                .doesNotContain(sparse.query("term" + (limit - 1)).ids());
    }

    @Test
    @Timeout(60)
    void tenMegabytesWithoutASpaceTakeLinearTime() {
        for (String part : new String[] {"a", "😀", "ก", "\u0301", "1"}) {
            assertThat(sparse.document(part.repeat(10_000_000 / part.length())).size())
                    .isLessThanOrEqualTo(SparseVectorizer.MAXIMUM_DOCUMENT_TERMS);
        }
    }

    @Test
    void threadsAgree() {
        String text = "Replicas lag behind the operator's promotion. 北京大学 ".repeat(20);
        TermVector alone = sparse.document(text);
        assertThat(IntStream.range(0, 64)
                        .parallel()
                        .mapToObj(i -> sparse.document(text))
                        .distinct())
                .containsExactly(alone);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
    void averageLengthIsAboveZero(double averageLength) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SparseVectorizer(TextAnalysis.ENGLISH, averageLength));
    }

    private void assertFound(String document, String query) {
        assertThat(sparse.document(document).ids()).contains(sparse.query(query).ids());
        assertThat(sparse.query(query).isEmpty()).isFalse();
    }

    private float weight(TermVector vector, String term) {
        int id = sparse.query(term).ids()[0];
        int[] ids = vector.ids();
        return vector.weights()[Arrays.binarySearch(ids, id)];
    }

    @ParameterizedTest
    @CsvSource({
        "ENGLISH, connections, connected",
        "GERMAN, Häuser, Haus",
        "FRENCH, l'amour, amours",
        "SPANISH, canciones, canción",
        "PLAIN, Straße, STRASSE"
    })
    void wordsOfTheLanguageMeetInOneTerm(TextAnalysis analysis, String one, String other) {
        SparseVectorizer vectorizer = new SparseVectorizer(analysis, 4);

        assertThat(vectorizer.query(one).ids())
                .containsExactly(vectorizer.query(other).ids())
                .hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"ENGLISH, the", "GERMAN, für", "FRENCH, à", "SPANISH, también"})
    void stopWordsOfTheLanguageAreNoTerms(TextAnalysis analysis, String word) {
        assertThat(new SparseVectorizer(analysis, 4).query(word).isEmpty()).isTrue();
        assertThat(new SparseVectorizer(TextAnalysis.PLAIN, 4).query(word).isEmpty())
                .isFalse();
    }
}
