package io.knowledgebase.embed.chunk;

import com.ibm.icu.text.BreakIterator;
import com.ibm.icu.util.ULocale;
import io.knowledgebase.embed.chunk.Unit.Border;
import io.knowledgebase.embed.extract.Block;
import io.knowledgebase.vectorizer.WordPieces;
import java.util.ArrayList;
import java.util.List;

/** Divides blocks into units: sentences by Unicode's rules, and by words or characters what is longer than a chunk. */
final class Units {

    /** Longer pieces count more, so that a chunk's size in bytes is bounded too. */
    private static final int MAXIMUM_CHARACTERS_PER_TOKEN = 16;

    private final WordPieces wordPieces;
    private final int maximumTokens;
    private final BreakIterator sentences = BreakIterator.getSentenceInstance(ULocale.ROOT);
    private final BreakIterator words = BreakIterator.getLineInstance(ULocale.ROOT);
    private final List<Unit> units = new ArrayList<>();
    private final List<Block> path = new ArrayList<>();
    private List<String> pathTexts = List.of();

    Units(WordPieces wordPieces, int maximumTokens) {
        this.wordPieces = wordPieces;
        this.maximumTokens = maximumTokens;
    }

    List<Unit> of(List<Block> blocks) {
        for (int i = 0; i < blocks.size(); i++) {
            Block block = blocks.get(i);
            Border after = borderAfter(blocks, i);
            if (block.isHeading()) {
                enter(block);
            }
            add(block, after);
        }
        return units;
    }

    /** The beginning of a text that has at most so many word pieces, ending with a whole word where there is one. */
    static String truncate(WordPieces wordPieces, String text, int maximumTokens) {
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
        return text.substring(0, space > 0 ? space : characterBorder(text, fits));
    }

    private static Border borderAfter(List<Block> blocks, int i) {
        if (i + 1 == blocks.size() || blocks.get(i + 1).isHeading()) {
            return Border.SECTION;
        }
        Block block = blocks.get(i);
        if (block.isHeading()) {
            return Border.NONE;
        }
        return block.line() && blocks.get(i + 1).line() ? Border.LINE : Border.PARAGRAPH;
    }

    private void enter(Block heading) {
        while (!path.isEmpty() && path.get(path.size() - 1).headingLevel() >= heading.headingLevel()) {
            path.remove(path.size() - 1);
        }
        path.add(heading);
        pathTexts = path.stream().map(Block::text).toList();
    }

    private void add(Block block, Border after) {
        String text = block.text();
        int tokens = cost(text);
        if (tokens <= (block.isHeading() ? maximumTokens / 2 : 16)) {
            units.add(new Unit(text, tokens, block.isHeading(), pathTexts, block.page(), after));
            return;
        }
        sentences.setText(text);
        int start = sentences.first();
        for (int end = sentences.next(); end != BreakIterator.DONE; end = sentences.next()) {
            addSentence(block, text.substring(start, end).strip());
            start = end;
        }
        int last = units.size() - 1;
        units.set(last, units.get(last).withBorder(after));
    }

    private void addSentence(Block block, String sentence) {
        if (sentence.isEmpty()) {
            return;
        }
        int tokens = cost(sentence);
        if (tokens <= maximumTokens / 2) {
            units.add(unit(block, sentence, tokens));
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
            int tokens = cost(sentence.substring(wordStart, wordEnd));
            if (pieceTokens > 0 && pieceTokens + tokens > limit) {
                units.add(unit(block, sentence.substring(pieceStart, wordStart).strip(), pieceTokens));
                pieceStart = wordStart;
                pieceTokens = 0;
            }
            if (tokens > limit) {
                addCharacters(block, sentence.substring(wordStart, wordEnd), limit);
                pieceStart = wordEnd;
            } else {
                pieceTokens += tokens;
            }
            wordStart = wordEnd;
        }
        if (pieceStart < sentence.length()) {
            units.add(unit(block, sentence.substring(pieceStart).strip(), pieceTokens));
        }
    }

    /** A word of more than a quarter of a chunk: a character has at most one word piece. */
    private void addCharacters(Block block, String word, int limit) {
        for (int start = 0; start < word.length(); ) {
            int end = characterBorder(word, Math.min(word.length(), start + limit));
            String piece = word.substring(start, end);
            units.add(unit(block, piece, cost(piece)));
            start = end;
        }
    }

    private Unit unit(Block block, String text, int tokens) {
        return new Unit(text, tokens, block.isHeading(), pathTexts, block.page(), Border.SENTENCE);
    }

    private int cost(String text) {
        return Math.max(wordPieces.count(text), text.length() / MAXIMUM_CHARACTERS_PER_TOKEN);
    }

    private static int characterBorder(String text, int end) {
        return end > 1 && end < text.length() && Character.isLowSurrogate(text.charAt(end)) ? end - 1 : end;
    }
}
