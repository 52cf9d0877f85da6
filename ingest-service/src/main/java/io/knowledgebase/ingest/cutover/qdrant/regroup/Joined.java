package io.knowledgebase.ingest.cutover.qdrant.regroup;

import java.util.List;

/**
 * The text of a chain of chunks.
 *
 * @param withoutOverlap how often two chunks that follow each other had nothing in common
 * @param boundaries how often a page or a block ended between two chunks, so that they had nothing in common
 * @param missingChunks how many positions are not taken up to the last one
 */
public record Joined(String text, int withoutOverlap, int boundaries, long missingChunks) {

    private static final char SEPARATOR = '\n';

    /** Joins chunks of growing positions; each of them is somewhere in the text, as it is. */
    static Joined of(List<LegacyChunk> chain) {
        StringBuilder text = new StringBuilder();
        int withoutOverlap = 0;
        int boundaries = 0;
        long missing = 0;
        LegacyChunk before = null;
        for (LegacyChunk chunk : chain) {
            int gap = chunk.position() - (before == null ? 0 : before.position() + 1);
            int overlap = before == null || gap > 0 ? 0 : Overlap.of(before.text(), chunk.text());
            if (before != null && overlap == 0) {
                text.append(SEPARATOR);
                if (gap == 0 && chunk.isBeyond(before)) {
                    boundaries++;
                } else if (gap == 0) {
                    withoutOverlap++;
                }
            }
            text.append(chunk.text(), overlap, chunk.text().length());
            missing += gap;
            before = chunk;
        }
        return new Joined(text.toString(), withoutOverlap, boundaries, missing);
    }

    Joined and(Joined other) {
        return new Joined(
                text + SEPARATOR + other.text,
                withoutOverlap + other.withoutOverlap,
                boundaries + other.boundaries + 1,
                missingChunks + other.missingChunks);
    }
}
