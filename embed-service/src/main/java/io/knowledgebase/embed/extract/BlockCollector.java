package io.knowledgebase.embed.extract;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gathers blocks in reading order, cleans their text, and stops at the limit of characters. */
final class BlockCollector {

    private final int maxCharacters;
    private final List<Block> blocks = new ArrayList<>();
    private int characters;
    private boolean full;

    BlockCollector(int maxCharacters) {
        this.maxCharacters = maxCharacters;
    }

    void heading(int level, CharSequence text, @Nullable Integer page) {
        add(Math.min(Math.max(level, 1), 6), text, page, false);
    }

    void paragraph(CharSequence text, @Nullable Integer page) {
        add(0, text, page, false);
    }

    void line(CharSequence text, @Nullable Integer page) {
        add(0, text, page, true);
    }

    /** True once the limit was reached; what is added from then on is not kept. */
    boolean isFull() {
        return full;
    }

    /** Characters that may still be added. */
    int room() {
        return maxCharacters - characters;
    }

    List<Block> blocks() {
        return blocks;
    }

    private void add(int headingLevel, CharSequence raw, @Nullable Integer page, boolean line) {
        if (full) {
            return;
        }
        String text = CleanText.of(raw);
        if (text.isEmpty()) {
            return;
        }
        if (characters + text.length() > maxCharacters) {
            full = true;
            int end = maxCharacters - characters;
            if (end > 0 && Character.isHighSurrogate(text.charAt(end - 1))) {
                end--;
            }
            text = text.substring(0, end);
        }
        if (!text.isEmpty()) {
            characters += text.length();
            blocks.add(new Block(headingLevel, text, page, line));
        }
    }
}
