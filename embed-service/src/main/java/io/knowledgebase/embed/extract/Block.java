package io.knowledgebase.embed.extract;

import org.jspecify.annotations.Nullable;

/**
 * A heading, a paragraph, a list item or a table row.
 *
 * @param headingLevel 1 to 6 for a heading, 0 for anything else
 * @param text without NUL, lone surrogates or surrounding white space; never empty
 * @param page page the block begins on, from 1, where the format has pages
 * @param line whether the block is one line of a list, table or code, which the next one continues
 */
public record Block(int headingLevel, String text, @Nullable Integer page, boolean line) {

    public boolean isHeading() {
        return headingLevel > 0;
    }
}
