package io.knowledgebase.embed.parse;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A heading, a paragraph, a list item or a table row.
 *
 * @param headingLevel from 1 for a heading, 0 for anything else
 * @param text without NUL, lone surrogates or surrounding white space; never empty
 * @param page page or slide the block begins on, from 1, where the format has them
 * @param line whether the block is one line of a list, table or code, which the next one continues
 * @param part the containers' parts the block lies in, outermost first: the entry of an archive, the attachment of a
 *     mail; empty for the document's own text
 */
public record Block(int headingLevel, String text, @Nullable Integer page, boolean line, List<Part> part) {

    /**
     * A document within a document.
     *
     * @param number from 1, in the order in which they begin: two may have the same name
     * @param name the path of an archive's entry, the subject of a mail; never empty
     * @param underHeadings whether it stands under the headings before it
     */
    public record Part(int number, String name, boolean underHeadings) {}

    public Block {
        part = List.copyOf(part);
    }

    @JsonIgnore
    public boolean isHeading() {
        return headingLevel > 0;
    }
}
