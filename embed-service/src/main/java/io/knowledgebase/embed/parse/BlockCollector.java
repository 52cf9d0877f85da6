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

    private static final char UNDECODED = '\uFFFD';

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
    private long undecoded;
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

        /** Whether it stands under the headings before it, as an entry of an archive or a file in a slide does. */
        boolean isUnderHeadings();

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
        boolean kept = add(Math.min(Math.max(level, 1), 6), text, page, false);
        if (kept && title == null && level <= 1 && path.isEmpty() && blocks <= TITLE_WITHIN_BLOCKS) {
            title = CleanText.of(text);
        }
    }

    /** What a sheet or a slide is called: a heading, but of none it is the document's title. */
    void name(CharSequence text, @Nullable Integer page) {
        add(1, text, page, false);
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

    /** Characters of these that stand for bytes which the encoding does not know. */
    long undecoded() {
        return undecoded;
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
                path = Stream.concat(path.stream(), Stream.of(new Block.Part(++parts, name, part.isUnderHeadings())))
                        .toList();
            }
            part.begin(this);
        }
        beginning = false;
    }

    /** False if there is nothing to keep, or no room for it. */
    private boolean add(int headingLevel, CharSequence raw, @Nullable Integer page, boolean line) {
        if (full) {
            return false;
        }
        String text = CleanText.of(raw);
        if (text.isEmpty()) {
            return false;
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
            blocks++;
            characters += text.length();
            undecoded += text.chars().filter(c -> c == UNDECODED).count();
            fuse.addCharacters(text.length());
            full |= fuse.isTripped();
            full |= blocks >= MAX_BLOCKS;
            target.accept(new Block(headingLevel, text, page, line, path));
        }
        return !text.isEmpty();
    }
}
