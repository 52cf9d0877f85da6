package io.knowledgebase.ingest.cutover.qdrant.regroup;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the chunks of one source become: each of them is in one document, or in {@code left}.
 *
 * @param documents of uploads one for each different chain, the longest first; of a Notion page one or none
 * @param left reasons by the ids of points
 */
public record Regrouped(List<Assembled> documents, Map<String, Reason> left) {

    /**
     * A document.
     *
     * @param chunks that are in it
     * @param copies how often it was there
     * @param ambiguous whether chunks may as well be of another document of the same source
     */
    public record Assembled(List<LegacyChunk> chunks, Joined joined, int copies, boolean ambiguous) {}

    /** The documents of all uploads of one name by one user. */
    public static Regrouped uploads(List<LegacyChunk> chunks) {
        Map<String, Reason> left = new TreeMap<>();
        Chains.Separated separated = Chains.separate(chunks);
        List<Assembled> documents = new ArrayList<>();
        for (Chain chain : separated.chains()) {
            Joined joined = Joined.of(chain.chunks());
            leave(chain.copies(), Reason.DUPLICATE, left);
            if (joined.text().isBlank()) {
                leave(chain.chunks(), Reason.BLANK, left);
            } else {
                documents.add(new Assembled(chain.chunks(), joined, chain.timesThere(), separated.ambiguous()));
            }
        }
        return new Regrouped(List.copyOf(documents), Map.copyOf(left));
    }

    /**
     * The document of a Notion page: its last edited state. Texts of that state that are not the same are all in it, one
     * after the other, because a page has one document.
     */
    public static Regrouped page(List<LegacyChunk> chunks) {
        Map<String, Reason> left = new TreeMap<>();
        Instant newest = chunks.stream()
                .map(chunk -> Edited.of(chunk.edited()))
                .max(Instant::compareTo)
                .orElse(Instant.MIN);
        List<LegacyChunk> current = new ArrayList<>();
        for (LegacyChunk chunk : chunks) {
            if (Edited.of(chunk.edited()).equals(newest)) {
                current.add(chunk);
            } else {
                left.put(chunk.pointId(), Reason.OLDER_SYNC);
            }
        }
        Chains.Separated separated = Chains.separate(current);
        List<LegacyChunk> kept = new ArrayList<>();
        Joined joined = null;
        int copies = 1;
        for (Chain chain : separated.chains()) {
            leave(chain.copies(), Reason.DUPLICATE, left);
            kept.addAll(chain.chunks());
            Joined next = Joined.of(chain.chunks());
            joined = joined == null ? next : joined.and(next);
            copies = Math.max(copies, chain.timesThere());
        }
        if (joined == null || joined.text().isBlank()) {
            leave(kept, Reason.BLANK, left);
            return new Regrouped(List.of(), Map.copyOf(left));
        }
        return new Regrouped(
                List.of(new Assembled(
                        List.copyOf(kept), joined, copies, separated.chains().size() > 1)),
                Map.copyOf(left));
    }

    private static void leave(List<LegacyChunk> chunks, Reason reason, Map<String, Reason> left) {
        chunks.forEach(chunk -> left.put(chunk.pointId(), reason));
    }
}
