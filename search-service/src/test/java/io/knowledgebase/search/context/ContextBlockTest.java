package io.knowledgebase.search.context;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.search.context.ContextAnswer.Citation;
import io.knowledgebase.search.context.ContextBlock.Built;
import io.knowledgebase.search.search.SearchResult;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ContextBlockTest {

    private static final UUID ONE = new UUID(0, 1);
    private static final UUID TWO = new UUID(0, 2);

    private final ContextBlock block =
            new ContextBlock(text -> text.isBlank() ? 0 : text.strip().split("\\s+").length);

    @Test
    void passagesAreNumberedByRankWithTheirSource() {
        Built built = block.build(List.of(result(TWO, 4, "second"), result(ONE, 0, "first")), 100);

        assertThat(built.context()).isEqualTo("""
                [1] Title 2 › Section, page 5 <https://example.org/2>
                second

                [2] Title 1 › Section, page 1 <https://example.org/1>
                first""");
        assertThat(built.citations())
                .extracting(Citation::number, Citation::documentId, Citation::page)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(1, TWO, 5), org.assertj.core.groups.Tuple.tuple(2, ONE, 1));
    }

    @Test
    void neighboursAreJoinedInTheOrderOfTheirDocument() {
        Built built = block.build(
                List.of(result(ONE, 3, "c"), result(TWO, 0, "other"), result(ONE, 2, "b"), result(ONE, 5, "e")), 100);

        assertThat(built.citations())
                .extracting(Citation::chunkIds)
                .containsExactly(List.of("1-2", "1-3"), List.of("2-0"), List.of("1-5"));
        assertThat(built.context()).contains("\nb\nc\n");
    }

    @Test
    void whatNeighboursShareStandsOnce() {
        Built built = block.build(
                List.of(
                        result(ONE, 0, "Begins here. This sentence is shared."),
                        result(ONE, 1, "This sentence is shared. Ends here.")),
                100);

        assertThat(built.context()).endsWith("Begins here. This sentence is shared. Ends here.");
    }

    @Test
    void repeatedTextsAreDropped() {
        Built built = block.build(List.of(result(ONE, 0, "same"), result(TWO, 7, " same\n")), 100);

        assertThat(built.citations()).hasSize(1);
        assertThat(built.repeated()).isOne();
        assertThat(built.tooLong()).isZero();
    }

    @Test
    void theBudgetIsKeptAndLaterPassagesMayStillFit() {
        // A heading has 8 words.
        Built built = block.build(
                List.of(result(ONE, 0, "a b c"), result(TWO, 0, "a b c d e f g h i"), result(TWO, 9, "a b")), 21);

        assertThat(built.citations()).extracting(Citation::chunkIds).containsExactly(List.of("1-0"), List.of("2-9"));
        assertThat(built.tokens()).isEqualTo(21);
        assertThat(built.tooLong()).isOne();
    }

    @Test
    void nothingFitsIntoNothing() {
        Built built = block.build(List.of(result(ONE, 0, "a b c")), 1);

        assertThat(built.context()).isEmpty();
        assertThat(built.citations()).isEmpty();
        assertThat(built.tokens()).isZero();
        assertThat(built.tooLong()).isOne();
    }

    private static SearchResult result(UUID document, int index, String text) {
        long number = document.getLeastSignificantBits();
        return new SearchResult(
                number + "-" + index,
                document,
                "external",
                text,
                1,
                1.,
                1.,
                "Title " + number,
                "Section",
                index + 1,
                "upload",
                "https://example.org/" + number,
                index);
    }
}
