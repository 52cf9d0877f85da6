package io.knowledgebase.embed.chunk;

import io.knowledgebase.embed.parse.Block;
import io.knowledgebase.vectorizer.WordPieces;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a document into chunks of about a target length that never exceed what the model reads; safe for use by several
 * threads.
 *
 * <p>A border between two units is cut if it is the best within half the target length on either side: one in front of
 * a heading before one between paragraphs before one between sentences, and among equals the one whose surrounding text
 * has the greatest hash (content-defined chunking by local extrema). What is still too long is halved at its best inner
 * border; a document that fits one chunk is one, and neither its beginning nor its end is cut off short. The parts of a
 * container are cut as if each were a document of its own.
 */
public final class Chunker {

    private static final String PATH_SEPARATOR = " › ";

    private final WordPieces wordPieces;
    private final int maximumTokens;
    private final int targetTokens;
    private final int overlapTokens;
    private final int maximumPrefixTokens;

    /**
     * A chunker for one generation.
     *
     * @param maximumTokens word pieces that a chunk may have, prefix included
     * @param targetTokens word pieces of a chunk to aim at, what it repeats included
     * @param overlapTokens word pieces of the preceding sentences that a chunk repeats, at the most and where they fit
     */
    public Chunker(WordPieces wordPieces, int maximumTokens, int targetTokens, int overlapTokens) {
        if (targetTokens < 16
                || targetTokens > maximumTokens
                || overlapTokens < 0
                || overlapTokens > targetTokens / 2) {
            throw new IllegalArgumentException("target " + targetTokens + " and overlap " + overlapTokens
                    + " do not fit a maximum of " + maximumTokens + " word pieces");
        }
        this.wordPieces = wordPieces;
        this.maximumTokens = maximumTokens;
        this.targetTokens = targetTokens;
        this.overlapTokens = overlapTokens;
        this.maximumPrefixTokens = maximumTokens / 6;
    }

    /**
     * Cuts a document.
     *
     * @param title stands in front of every chunk for the model, not in its text
     * @param limit chunks that are made at the most
     * @return as many chunks as there are, in reading order, and whether there would have been more
     */
    public Chunks chunk(@Nullable String title, List<Block> blocks, int limit) {
        int maximumUnit = maximumTokens - maximumPrefixTokens - overlapTokens;
        List<Unit> units = new Units(wordPieces, maximumUnit).of(blocks);
        List<Chunk> chunks = new ArrayList<>();
        Deque<Integer> ends = ends(units, maximumUnit);
        int start = 0;
        while (!ends.isEmpty()) {
            if (chunks.size() == limit) {
                return new Chunks(chunks, true);
            }
            int end = ends.element();
            Chunk chunk = chunk(chunks.size(), title, units, start, end);
            if (chunk.tokens() > maximumTokens && end - start > 1) {
                ends.push((start + end) >>> 1); // the parts of a cut word may count more joined than apart
            } else {
                chunks.add(chunk);
                start = ends.remove();
            }
        }
        return new Chunks(chunks, false);
    }

    /** Exclusive ends of the chunks, ascending; no chunk spans two parts. */
    private Deque<Integer> ends(List<Unit> units, int maximumUnit) {
        Deque<Integer> ends = new ArrayDeque<>();
        int partStart = 0;
        for (int i = 0; i < units.size(); i++) {
            if (units.get(i).border() == Unit.Border.PART) {
                int start = partStart;
                new Borders(units.subList(start, i + 1), (targetTokens - overlapTokens) / 2, maximumUnit)
                        .ends()
                        .forEach(end -> ends.add(start + end));
                partStart = i + 1;
            }
        }
        return ends;
    }

    /** Chunks of a document, and whether a limit kept some back. */
    public record Chunks(List<Chunk> chunks, boolean cut) {

        public Chunks {
            chunks = List.copyOf(chunks);
        }
    }

    private Chunk chunk(int index, @Nullable String title, List<Unit> units, int start, int end) {
        Unit first = units.get(start);
        List<String> path = first.path();
        String prefix = prefix(title, first.heading() ? path.subList(0, path.size() - 1) : path);
        int room = maximumTokens - wordPieces.count(prefix);
        for (int i = start; i < end; i++) {
            room -= units.get(i).tokens();
        }
        int from = overlapStart(units, start, Math.min(overlapTokens, room));
        StringBuilder text = new StringBuilder();
        for (int i = from; i < end; i++) {
            if (i > from) {
                text.append(units.get(i - 1).separator());
            }
            text.append(units.get(i).text());
        }
        String section = path.isEmpty() ? null : String.join(PATH_SEPARATOR, path);
        Chunk chunk = new Chunk(
                index, prefix, text.toString(), section, units.get(from).page(), 0);
        int tokens = wordPieces.count(chunk.embeddedText());
        return new Chunk(index, prefix, chunk.text(), section, chunk.page(), tokens);
    }

    /** Where the sentences begin that a chunk repeats of the one before: only within a paragraph. */
    private int overlapStart(List<Unit> units, int start, int maximumOverlap) {
        int from = start;
        int tokens = 0;
        while (from > 0
                && units.get(from - 1).border() == Unit.Border.SENTENCE
                && tokens + units.get(from - 1).tokens() <= maximumOverlap) {
            from--;
            tokens += units.get(from).tokens();
        }
        return from;
    }

    private String prefix(@Nullable String title, List<String> path) {
        StringBuilder prefix = new StringBuilder(title == null ? "" : title);
        String titleAsHeading = Units.shortened(prefix.toString());
        for (String heading : path) {
            if (!heading.equals(titleAsHeading)) {
                prefix.append(prefix.length() == 0 ? "" : PATH_SEPARATOR).append(heading);
            }
        }
        return Units.truncate(wordPieces, prefix.toString(), maximumPrefixTokens);
    }
}
