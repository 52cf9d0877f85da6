package io.knowledgebase.embed.parse;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Passes blocks on in reading order, cleans their text, and stops at the limit of characters. */
final class BlockCollector {

    /** A heading further down is not the document's. */
    private static final int TITLE_WITHIN_BLOCKS = 10;

    /** A block takes a few hundred bytes of memory, however short it is. */
    private static final int MAX_BLOCKS = 500_000;

    private final Consumer<Block> target;
    private final int maxCharacters;
    private final BombFuse fuse;
    /** Parts that were entered but have no block yet, outermost first. */
    private final Deque<Part> entered = new ArrayDeque<>();
    /** The path outside of each part that has begun. */
    private final Deque<List<Block.Part>> outerPaths = new ArrayDeque<>();

    private List<Block.Part> path = List.of();
    private int parts;
    private boolean beginning;
    private long blocks;
    private int characters;
    private boolean full;
    private @Nullable String title;

    BlockCollector(int maxCharacters, BombFuse fuse, Consumer<Block> target) {
        this.target = target;
        this.maxCharacters = maxCharacters;
        this.fuse = fuse;
    }

    /** A document within the document, or the document itself. */
    interface Part {

        /** What it is called, or null if its text belongs to what it lies in; asked with its first block. */
        @Nullable
        String name();

        /** Adds what stands before its text, such as the header of a mail. */
        void begin(BlockCollector blocks);
    }

    /** What is added from now on belongs to the part, which begins with its first block or at its end. */
    void enter(Part part) {
        entered.addLast(part);
    }

    void leave() {
        begin();
        path = outerPaths.pop();
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

    /** Says that there would have been more than what was added. */
    void cut() {
        full = true;
    }

    /** Characters that may still be added. */
    int room() {
        return maxCharacters - characters;
    }

    /** Characters added so far. */
    int characters() {
        return characters;
    }

    /** The first heading of the document's own if it stands near the beginning. */
    @Nullable
    String title() {
        return title;
    }

    private void begin() {
        if (beginning) {
            return;
        }
        beginning = true;
        while (!entered.isEmpty()) {
            Part part = entered.removeFirst();
            String name = part.name();
            outerPaths.push(path);
            if (name != null) {
                path = Stream.concat(path.stream(), Stream.of(new Block.Part(++parts, name)))
                        .toList();
            }
            part.begin(this);
        }
        beginning = false;
    }

    private void add(int headingLevel, CharSequence raw, @Nullable Integer page, boolean line) {
        if (full) {
            return;
        }
        String text = CleanText.of(raw);
        if (text.isEmpty()) {
            return;
        }
        begin();
        if (characters + text.length() > maxCharacters) {
            full = true;
            int end = maxCharacters - characters;
            if (end > 0 && Character.isHighSurrogate(text.charAt(end - 1))) {
                end--;
            }
            text = text.substring(0, end);
        }
        if (!text.isEmpty()) {
            if (title == null && headingLevel == 1 && path.isEmpty() && blocks < TITLE_WITHIN_BLOCKS) {
                title = text;
            }
            blocks++;
            characters += text.length();
            fuse.addCharacters(text.length());
            full |= fuse.isTripped();
            full |= blocks >= MAX_BLOCKS;
            target.accept(new Block(headingLevel, text, page, line, path));
        }
    }
}
