package io.knowledgebase.embed.chunk;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The smallest piece of text that a chunk holds whole: a sentence, a heading, a row.
 *
 * @param tokens its cost: word pieces, or more if they are unusually long
 * @param path headings above it, its own included if it is one
 * @param border what stands between it and the next unit
 * @param spaceAfter whether white space follows it in its paragraph: not after a Chinese sentence or within a cut word
 */
record Unit(
        String text,
        int tokens,
        boolean heading,
        List<String> path,
        @Nullable Integer page,
        Border border,
        boolean spaceAfter) {

    /** What stands between two units; the stronger, the better a place to cut. */
    enum Border {
        /** Between a heading and what it heads: never cut. */
        NONE(-1),
        SENTENCE(1),
        LINE(2),
        PARAGRAPH(3),
        SECTION(4),
        /** Between documents in one: always cut. */
        PART(5);

        private final int strength;

        Border(int strength) {
            this.strength = strength;
        }

        int strength() {
            return strength;
        }
    }

    String separator() {
        return switch (border) {
            case SENTENCE -> spaceAfter ? " " : "";
            case LINE -> "\n";
            case NONE, PARAGRAPH, SECTION, PART -> "\n\n";
        };
    }

    Unit withBorder(Border other) {
        return new Unit(text, tokens, heading, path, page, other, spaceAfter);
    }
}
