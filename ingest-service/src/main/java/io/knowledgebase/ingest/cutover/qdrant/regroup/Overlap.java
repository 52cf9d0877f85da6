package io.knowledgebase.ingest.cutover.qdrant.regroup;

/** How far the end of one text is the beginning of the next one. */
final class Overlap {

    /** Fewer characters may be the same by chance. */
    static final int LEAST = 16;

    /** What the legacy application aims at, in Unicode characters. */
    private static final int USUAL = 200;

    /** What the legacy application's chunks begin after each other by. */
    private static final int STEP = 800;

    private Overlap() {}

    /**
     * The longest true overlap that the legacy application makes, or else the longest one; 0 if there is none. A text that
     * repeats itself overlaps with itself in many ways, of which those beyond the usual length would take something out
     * of it. The last chunk may be all in the one before it, however short it is.
     *
     * @return UTF-16 units
     */
    static int of(String before, String after) {
        int usual = usual(after);
        int longest = 0;
        int[] borders = borders(after);
        for (int length = end(before, after, borders); length > 0; length = borders[length]) {
            if (length < LEAST && length < after.length()) {
                break;
            }
            if (length <= usual) {
                return length;
            }
            longest = Math.max(longest, length);
        }
        return longest;
    }

    /** Whether both are as long as the last two chunks of a source of which the last is all in the other. */
    static boolean isOfOneEnd(String before, String last) {
        return before.codePointCount(0, before.length()) - last.codePointCount(0, last.length()) == STEP;
    }

    /** The longest overlap with a text that the legacy application makes, in UTF-16 units. */
    static int usual(String after) {
        return after.codePointCount(0, after.length()) <= USUAL ? after.length() : after.offsetByCodePoints(0, USUAL);
    }

    /** For each length of a beginning of the text how long its longest end is that is a beginning, too (Knuth, Morris, Pratt). */
    private static int[] borders(String text) {
        int[] borders = new int[text.length() + 1];
        int border = 0;
        for (int i = 1; i < text.length(); i++) {
            while (border > 0 && text.charAt(i) != text.charAt(border)) {
                border = borders[border];
            }
            if (text.charAt(i) == text.charAt(border)) {
                border++;
            }
            borders[i + 1] = border;
        }
        return borders;
    }

    /** How much of one's beginning stands at the end of the other. */
    private static int end(String before, String after, int[] borders) {
        int matched = 0;
        for (int i = Math.max(0, before.length() - after.length()); i < before.length(); i++) {
            while (matched > 0 && before.charAt(i) != after.charAt(matched)) {
                matched = borders[matched];
            }
            if (before.charAt(i) == after.charAt(matched)) {
                matched++;
            }
        }
        return matched;
    }
}
