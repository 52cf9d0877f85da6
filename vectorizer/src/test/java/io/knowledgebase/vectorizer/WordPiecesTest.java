package io.knowledgebase.vectorizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The ids are what Hugging Face's tokenizers 0.23.2 gives for the same tokenizer.json. */
class WordPiecesTest {

    private static final int UNKNOWN = 100;

    private static DenseVectorizer model;
    private static WordPieces pieces;

    @BeforeAll
    static void load() {
        model = DenseVectorizer.miniLm();
        pieces = model.wordPieces();
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            unaffable             | 14477 20961 3468
            I'm                   | 1045 1005 1049
            kubernetes embeddings | 13970 5677 7159 2229 7861 8270 4667 2015
            don't stop-me_now!    | 2123 1005 1056 2644 1011 2033 1035 2085 999
            naïve café            | 15743 7668
            Straße                | 2358 27807
            Ångström — “quoted”…  | 17076 15687 1517 1523 9339 1524 1529
            北京大学              | 1781 1755 1810 1817
            你好，世界            | 100 100 1989 1745 100
            한국어                | 1469 30006 30021 29991 30014 30020 29999 30008
            Привет мир            | 1194 16856 10325 25529 15290 22919 1191 10325 16856
            مرحبا بالعالم         | 1295 17149 29820 29816 25573 1271 25573 23673 29830 25573 23673 22192
            hello 😀 world        | 7592 100 2088
            ＦＵＬＬ width        | 100 9381
            ≠                     | 1027
            [CLS] ##ing           | 1031 18856 2015 1033 1001 1001 13749
            """)
    void piecesAreThoseOfHuggingFace(String text, String expected) {
        assertThat(pieces.ids(text))
                .containsExactly(Arrays.stream(expected.split(" "))
                        .mapToInt(Integer::parseInt)
                        .toArray());
    }

    @Test
    void wordOfMoreThanAHundredCharactersIsUnknown() {
        assertThat(pieces.ids("x".repeat(100))).hasSizeGreaterThan(1).doesNotContain(UNKNOWN);
        assertThat(pieces.ids("x".repeat(101))).containsExactly(UNKNOWN);
        assertThat(pieces.ids("é".repeat(101))).containsExactly(UNKNOWN);
        assertThat(pieces.ids("😀".repeat(100) + "a b")).containsExactly(UNKNOWN, 1038);
    }

    @Test
    void controlCharactersAndBrokenSurrogatesVanish() {
        assertThat(pieces.ids("a\0b\ufffdc")).containsExactly(5925);
        assertThat(pieces.ids("a\ud800b\udc00\u200bc\ud83d")).containsExactly(5925);
        assertThat(pieces.ids("\0\ud800\u0007")).isEmpty();
        assertThat(pieces.ids("a\u2028b\tc\rd")).containsExactly(1037, 1038, 1039, 1040);
    }

    @Test
    void emptyTextHasNoPieces() {
        assertThat(pieces.ids("")).isEmpty();
        assertThat(pieces.count(" \n\t ")).isZero();
    }

    @Test
    void countIsTheNumberOfIds() {
        String text = "Überraschung! 北京 naïve unaffable 😀 ".repeat(50);
        assertThat(pieces.count(text)).isEqualTo(pieces.ids(text).length);
    }

    @Test
    void limitedIdsAreThePrefixOfAll() {
        String text = "unaffable embeddings of kubernetes";
        int[] all = pieces.ids(text);
        for (int limit = 0; limit <= all.length + 1; limit++) {
            assertThat(pieces.ids(text, limit)).containsExactly(Arrays.copyOf(all, Math.min(limit, all.length)));
        }
    }

    @Test
    @Timeout(30)
    void tenMegabytesWithoutASpaceTakeLinearTime() {
        int length = 10_000_000;
        assertThat(pieces.ids("a".repeat(length))).containsExactly(UNKNOWN);
        assertThat(pieces.ids("\u0301\u0316".repeat(length / 2))).isEmpty();
        assertThat(pieces.count("北".repeat(length))).isEqualTo(length);
        assertThat(pieces.count("-".repeat(length))).isEqualTo(length);
        assertThat(pieces.count("\ud83d".repeat(length))).isZero();
        assertThat(pieces.count("xq".repeat(50).concat("-").repeat(length / 101)))
                .isGreaterThan(length / 101);
    }

    @Test
    void vocabularyWithoutSingleCharactersGivesUnknown() {
        WordPieces few = new WordPieces(Map.of("[UNK]", 0, "ab", 1, "##c", 2, "#", 3));
        assertThat(few.ids("ab abc abab b c # abcc")).containsExactly(1, 1, 2, 0, 0, 0, 3, 1, 2, 2);
    }

    @Test
    void threadsAgree() {
        String text = IntStream.range(0, 3_000)
                .mapToObj(i -> "w" + i + "ünaffable" + i % 7)
                .reduce("", (a, b) -> a + " " + b);
        int[] alone = pieces.ids(text);
        assertThat(IntStream.range(0, 64)
                        .parallel()
                        .mapToObj(i -> pieces.ids(text))
                        .toList())
                .allSatisfy(ids -> assertThat(ids).containsExactly(alone));
    }
}
