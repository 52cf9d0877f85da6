package io.knowledgebase.local.cutover.shadow;

import java.util.List;
import java.util.regex.Pattern;

/**
 * A piece of a document that a search has answered, old or new.
 *
 * @param source the name of the file or the id of the page
 */
record Passage(String documentId, String source, String text) {

    private static final Pattern WHITE_SPACE = Pattern.compile("\\s+");
    private static final int WINDOW = 40;
    private static final int STEP = 20;
    /** Chunks of the old search repeat a fifth of the one before, so that much of one is no sign that it was found. */
    private static final double SHARE = 0.25;

    /** Whether more of the text than neighbours have in common stands in passages of the same document. */
    boolean isAmong(List<Passage> others) {
        List<String> texts = others.stream()
                .filter(other -> other.documentId.equals(documentId))
                .map(other -> plain(other.text))
                .toList();
        String own = plain(text);
        int windows = 0;
        int found = 0;
        for (int from = 0; from == 0 || from + WINDOW <= own.length(); from += STEP) {
            String window = own.substring(from, Math.min(own.length(), from + WINDOW));
            windows++;
            found += texts.stream().anyMatch(other -> other.contains(window)) ? 1 : 0;
        }
        return found > windows * SHARE;
    }

    private static String plain(String text) {
        return WHITE_SPACE.matcher(text).replaceAll(" ").strip();
    }
}
