package io.knowledgebase.embed.parse;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds the paragraphs of plain text: they are set apart by empty lines. */
final class TextStructure {

    /** Possessive, for otherwise each line is a level of recursion, and CR LF may be read as two line breaks. */
    private static final Pattern EMPTY_LINE = Pattern.compile("(?>\\R)[ \\t]*+(?:\\R[ \\t]*+)++");

    private TextStructure() {}

    static void read(String text, BlockCollector blocks, @Nullable Integer page) {
        EMPTY_LINE.splitAsStream(text).forEach(paragraph -> blocks.paragraph(paragraph, page));
    }
}
