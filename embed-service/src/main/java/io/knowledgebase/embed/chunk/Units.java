package io.knowledgebase.embed.chunk;

import com.ibm.icu.text.BreakIterator;
import com.ibm.icu.util.ULocale;
import io.knowledgebase.embed.chunk.Unit.Border;
import io.knowledgebase.embed.parse.Block;
import io.knowledgebase.vectorizer.WordPieces;
import java.util.ArrayList;
import java.util.List;

/** Divides blocks into units: sentences by Unicode's rules, and by words or characters what is longer than a chunk. */
final class Units {

    /** Longer pieces count more, so that a chunk's size in bytes is bounded too. */
    private static final int MAXIMUM_CHARACTERS_PER_TOKEN = 16;
    /** Of a heading in a path, so that what each chunk beneath it repeats is bounded. */
    private static final int MAXIMUM_HEADING_CHARACTERS = 200;

    private final WordPieces wordPieces;
    private final int maximumTokens;
    private final BreakIterator sentences = BreakIterator.getSentenceInstance(ULocale.ROOT);
    private final BreakIterator words = BreakIterator.getLineInstance(ULocale.ROOT);
    private final List<Unit> units = new ArrayList<>();
    private final List<OpenPart> parts = new ArrayList<>();
    private HeadingPath path = new HeadingPath();

    Units(WordPieces wordPieces, int maximumTokens) {
        this.wordPieces = wordPieces;
        this.maximumTokens = maximumTokens;
    }

    List<Unit> of(List<Block> blocks) {
        for (int i = 0; i < blocks.size(); i++) {
            Block block = blocks.get(i);
            Border after = borderAfter(blocks, i);
            move(block.part());
            if (block.isHeading()) {
                path.enter(block.headingLevel(), shortened(block.text()));
            }
            add(block, after);
        }
        return units;
    }

    /** A part begins below the headings that it stands under; what follows it is under them again. */
    private void move(List<Block.Part> part) {
        int common = 0;
        while (common < part.size()
                && common < parts.size()
                && part.get(common).equals(parts.get(common).part())) {
            common++;
        }
        while (parts.size() > common) {
            path = parts.remove(parts.size() - 1).outside();
        }
        for (Block.Part begun : part.subList(common, part.size())) {
            parts.add(new OpenPart(begun, path));
            path = new HeadingPath(begun.underHeadings() ? path.texts() : path.outer(), shortened(begun.name()));
        }
    }

    /** @param outside the headings it stands under */
    private record OpenPart(Block.Part part, HeadingPath outside) {}

    /** A heading as it stands in a path. */
    static String shortened(String heading) {
        return beginning(heading, MAXIMUM_HEADING_CHARACTERS);
    }

    /** The beginning of a text that has at most so many word pieces, ending with a whole word where there is one. */
    static String truncate(WordPieces wordPieces, String whole, int maximumTokens) {
        String text = beginning(whole, maximumTokens * MAXIMUM_CHARACTERS_PER_TOKEN);
        if (wordPieces.count(text) <= maximumTokens) {
            return text;
        }
        int fits = 0;
        int tooLong = text.length();
        while (tooLong - fits > 1) {
            int middle = (fits + tooLong) >>> 1;
            if (wordPieces.count(text.substring(0, middle)) <= maximumTokens) {
                fits = middle;
            } else {
                tooLong = middle;
            }
        }
        int space = text.lastIndexOf(' ', fits);
        return space > 0 ? text.substring(0, space) : beginning(text, fits);
    }

    private static Border borderAfter(List<Block> blocks, int i) {
        if (i + 1 == blocks.size()
                || !blocks.get(i + 1).part().equals(blocks.get(i).part())) {
            return Border.PART;
        }
        if (blocks.get(i + 1).isHeading()) {
            return Border.SECTION;
        }
        Block block = blocks.get(i);
        if (block.isHeading()) {
            return Border.NONE;
        }
        return block.line() && blocks.get(i + 1).line() ? Border.LINE : Border.PARAGRAPH;
    }

    private void add(Block block, Border after) {
        String text = block.text();
        int tokens = cost(text);
        if (tokens <= (block.isHeading() ? maximumTokens / 2 : 16)) {
            addUnit(block, text, tokens);
        } else {
            sentences.setText(text);
            int start = sentences.first();
            for (int end = sentences.next(); end != BreakIterator.DONE; end = sentences.next()) {
                addSentence(block, text.substring(start, end));
                start = end;
            }
        }
        int last = units.size() - 1;
        units.set(last, units.get(last).withBorder(after));
    }

    private void addSentence(Block block, String sentence) {
        int tokens = cost(sentence);
        if (tokens <= maximumTokens / 2) {
            addUnit(block, sentence, tokens);
        } else {
            addWords(block, sentence);
        }
    }

    /** A sentence of more than half a chunk is cut between words into quarters of a chunk. */
    private void addWords(Block block, String sentence) {
        int limit = Math.max(1, maximumTokens / 4);
        words.setText(sentence);
        int pieceStart = 0;
        int pieceTokens = 0;
        int wordStart = words.first();
        for (int wordEnd = words.next(); wordEnd != BreakIterator.DONE; wordEnd = words.next()) {
            String word = sentence.substring(wordStart, wordEnd);
            int tokens = cost(word);
            if (pieceTokens > 0 && pieceTokens + tokens > limit) {
                addPiece(block, sentence.substring(pieceStart, wordStart));
                pieceStart = wordStart;
                pieceTokens = 0;
            }
            if (tokens > limit) {
                addCharacters(block, word, limit);
                pieceStart = wordEnd;
            } else {
                pieceTokens += tokens;
            }
            wordStart = wordEnd;
        }
        if (pieceStart < sentence.length()) {
            addPiece(block, sentence.substring(pieceStart));
        }
    }

    /** A word of more than a quarter of a chunk: a character has at most three word pieces, as in Hangul. */
    private void addCharacters(Block block, String word, int limit) {
        for (int start = 0; start < word.length(); ) {
            int end = Math.min(word.length(), start + limit);
            while (end < word.length() && (splitsCharacter(word, end) || Character.isWhitespace(word.charAt(end)))) {
                end++;
            }
            addPiece(block, word.substring(start, end));
            start = end;
        }
    }

    /** Counted as a whole: where lines may break is often within a word, whose parts count less than it does. */
    private void addPiece(Block block, String piece) {
        addUnit(block, piece, cost(piece));
    }

    private void addUnit(Block block, String source, int tokens) {
        String text = source.strip();
        if (!text.isEmpty()) {
            boolean spaceAfter = Character.isWhitespace(source.charAt(source.length() - 1));
            units.add(
                    new Unit(text, tokens, block.isHeading(), path.texts(), block.page(), Border.SENTENCE, spaceAfter));
        }
    }

    /** At least 1, for there are characters that are no word piece at all. */
    private int cost(String text) {
        return Math.max(1, Math.max(wordPieces.count(text), text.length() / MAXIMUM_CHARACTERS_PER_TOKEN));
    }

    private static String beginning(String text, int maximumCharacters) {
        int end = Math.min(text.length(), maximumCharacters);
        return text.substring(0, splitsCharacter(text, end) ? end - 1 : end);
    }

    private static boolean splitsCharacter(String text, int at) {
        return at > 0
                && at < text.length()
                && Character.isHighSurrogate(text.charAt(at - 1))
                && Character.isLowSurrogate(text.charAt(at));
    }
}
