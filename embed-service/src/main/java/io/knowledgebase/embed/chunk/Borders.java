package io.knowledgebase.embed.chunk;

import io.knowledgebase.embed.chunk.Unit.Border;
import java.util.ArrayList;
import java.util.List;

/** Chooses between which units a document is cut; see {@link Chunker} for the rule. */
final class Borders {

    private final List<Unit> units;
    private final int windowTokens;
    private final int maximumTokens;
    /** Tokens before unit i. */
    private final int[] position;
    /** Rank of the border before unit i; the greatest of a neighbourhood is cut. */
    private final long[] rank;

    Borders(List<Unit> units, int windowTokens, int maximumTokens) {
        this.units = units;
        this.windowTokens = windowTokens;
        this.maximumTokens = maximumTokens;
        this.position = new int[units.size() + 1];
        this.rank = new long[units.size()];
        for (int i = 0; i < units.size(); i++) {
            position[i + 1] = position[i] + units.get(i).tokens();
            rank[i] = i == 0 ? -1 : rank(units.get(i - 1), units.get(i));
        }
    }

    /** Exclusive ends of the chunks, ascending; the last one is the number of units. */
    List<Integer> ends() {
        if (position[units.size()] <= maximumTokens) {
            return units.isEmpty() ? List.of() : List.of(units.size());
        }
        List<Integer> ends = new ArrayList<>();
        int start = 0;
        for (int i = 1; i <= units.size(); i++) {
            if (i == units.size() || isBestOfItsNeighbourhood(i)) {
                split(start, i, ends);
                start = i;
            }
        }
        return ends;
    }

    private boolean isBestOfItsNeighbourhood(int i) {
        int fromStart = position[i];
        int toEnd = position[units.size()] - position[i];
        if (rank[i] < 0 || fromStart < windowTokens / 2 || toEnd < windowTokens / 2) {
            return false;
        }
        for (int j = i - 1; j > 0 && position[i] - position[j] < windowTokens; j--) {
            if (rank[j] >= rank[i]) {
                return false;
            }
        }
        for (int j = i + 1; j < units.size() && position[j] - position[i] < windowTokens; j++) {
            if (rank[j] > rank[i]) {
                return false;
            }
        }
        return true;
    }

    /** Halves what is too long at the best border of its middle, or of all of it if the middle has none. */
    private void split(int start, int end, List<Integer> ends) {
        if (position[end] - position[start] <= maximumTokens || end - start == 1) {
            ends.add(end);
            return;
        }
        int quarter = (position[end] - position[start]) / 4;
        int best = best(start, end, position[start] + quarter, position[end] - quarter);
        if (best < 0) {
            best = best(start, end, position[start], position[end]);
        }
        split(start, best, ends);
        split(best, end, ends);
    }

    private int best(int start, int end, int from, int to) {
        int best = -1;
        for (int i = start + 1; i < end; i++) {
            if (position[i] >= from && position[i] <= to && (best < 0 || rank[i] > rank[best])) {
                best = i;
            }
        }
        return best;
    }

    /** Kind of border first, then a hash of the units on both sides; -1 between a heading and what it heads. */
    private static long rank(Unit before, Unit after) {
        if (before.border() == Border.NONE) {
            return -1;
        }
        long hash = 0xcbf29ce484222325L; // FNV-1a
        hash = fnv(fnv(hash, before.text()), after.text());
        hash = (hash ^ (hash >>> 32)) * 0x9E3779B97F4A7C15L;
        return ((long) before.border().strength() << 56) | (hash >>> 8);
    }

    private static long fnv(long seed, String text) {
        long hash = seed;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
        }
        return hash;
    }
}
