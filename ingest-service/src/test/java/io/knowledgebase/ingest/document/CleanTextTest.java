package io.knowledgebase.ingest.document;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CleanTextTest {

    @Test
    void nulAndLoneSurrogatesBecomeTheReplacementCharacter() {
        assertThat(CleanText.of("a\0b")).isEqualTo("a\uFFFDb");
        assertThat(CleanText.of("\ud800")).isEqualTo("\uFFFD");
        assertThat(CleanText.of("x\udc00\ud800")).isEqualTo("x\uFFFD\uFFFD");
        assertThat(CleanText.of("\ud800\ud83d\ude00")).isEqualTo("\uFFFD😀");
    }

    @Test
    void everythingElseIsKept() {
        String text = "tabs\t, lines\r\n, 😀, é, \u202E and \uFFFE";

        assertThat(CleanText.of(text)).isSameAs(text);
    }
}
