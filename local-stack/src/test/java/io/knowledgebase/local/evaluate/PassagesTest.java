package io.knowledgebase.local.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PassagesTest {

    @Test
    void layoutAndCaseDoNotCount() {
        Passages passages = passages("Name | Height\nMONT\u00a0BLANC | 4,808 m");

        assertThat(passages.contain("mont blanc 4,808")).isTrue();
        assertThat(passages.contain("name\theight")).isTrue();
        assertThat(passages.contain("mont blanc 4808")).isFalse();
    }

    @Test
    void aHyphenAtTheEndOfALineMayBelongToTheWordOrNot() {
        Passages passages = passages("transport- \n  ing materials in high de-\nmand, IN-\nDEMAND jobs, soft\u00adly");

        assertThat(passages.contain("transporting materials")).isTrue();
        assertThat(passages.contain("in-demand jobs")).isTrue();
        assertThat(passages.contain("softly")).isTrue();
    }

    @Test
    void aHyphenAmidALineCounts() {
        assertThat(passages("the cost is -1,599.99").contain("-1,599.99")).isTrue();
        assertThat(passages("well-known").contain("wellknown")).isFalse();
    }

    @Test
    void markersOfListsDoNotCountAndNamesOfPartsDo() {
        Passages passages = new Passages();
        passages.add(0, "mail.zip › notes.txt", "- one\n- two\n3. three");

        assertThat(passages.contain("one two three")).isTrue();
        assertThat(passages.contain("notes.txt")).isTrue();
    }

    @Test
    void aSnippetMayGoOnInTheNextChunks() {
        Passages passages = new Passages();
        passages.add(9, "", "the lazy dog");
        passages.add(7, "", "The quick brown fox");
        passages.add(8, "", "jumps over");

        assertThat(passages.contain("brown fox jumps over the lazy")).isTrue();
        assertThat(passages.size()).isEqualTo(3);
    }

    @Test
    void aWordMayBeBrokenAtTheEndOfAChunk() {
        assertThat(passages("they trans-", "port coal").contain("transport coal"))
                .isTrue();
    }

    @Test
    void whatAChunkRepeatsOfTheOneBeforeDoesNotHideASnippet() {
        Passages passages = passages("One. Two two. Three.", "Two two. Three. Four.");

        assertThat(passages.contain("One. Two two. Three. Four.")).isTrue();
    }

    @Test
    void whatOnlyLooksRepeatedIsKept() {
        assertThat(passages("a test", "tomorrow").contain("test tomorrow")).isTrue();
    }

    @Test
    void chunksThatAreNoNeighboursAreNotJoined() {
        Passages passages = new Passages();
        passages.add(1, "", "quick brown");
        passages.add(3, "", "fox");

        assertThat(passages.contain("brown fox")).isFalse();
        assertThat(passages.contain("fox")).isTrue();
    }

    private static Passages passages(String... texts) {
        Passages passages = new Passages();
        for (int i = 0; i < texts.length; i++) {
            passages.add(i, "", texts[i]);
        }
        return passages;
    }
}
