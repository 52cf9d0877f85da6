package io.knowledgebase.local.evaluate;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Chunks of one document, and whether a snippet stands in one of them or goes on in the next. White space, case, the
 * separators of cells, hyphens at the ends of lines and the markers of lists are a matter of layout and do not count. The
 * names of attachments and entries stand in the sections.
 */
final class Passages {

    private static final Pattern LAYOUT = Pattern.compile("[\\s\\p{Z}|\\u00ad]+", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern LINE_END_HYPHEN = Pattern.compile("[-\\u2010]\\h*(?:\\R\\s*|\\z)");

    private static final Pattern LIST_MARKER = Pattern.compile("(?m)^(?:-|\\d{1,4}\\.) ");

    private final NavigableMap<Integer, String> texts = new TreeMap<>();
    private final Set<String> sections = new HashSet<>();

    /** The same chunk may come again. */
    void add(int index, String section, String text) {
        texts.put(index, text);
        sections.add(comparable(section));
    }

    int size() {
        return texts.size();
    }

    boolean contain(String snippet) {
        String wanted = comparable(snippet);
        // A hyphen at the end of a line may also belong to the word.
        return Stream.<UnaryOperator<String>>of(
                        Passages::comparable,
                        text -> comparable(LINE_END_HYPHEN.matcher(text).replaceAll("")),
                        text -> comparable(LIST_MARKER.matcher(text).replaceAll("")))
                .flatMap(form -> Stream.concat(runs(form).stream(), sections.stream()))
                .anyMatch(run -> run.contains(wanted));
    }

    static String comparable(String text) {
        return LAYOUT.matcher(text).replaceAll("").toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
    }

    /** Neighbours joined: once as they are, and once without what a chunk repeats of the one before. */
    private List<String> runs(UnaryOperator<String> form) {
        List<String> runs = new ArrayList<>();
        StringBuilder whole = new StringBuilder();
        StringBuilder once = new StringBuilder();
        int expected = -1;
        for (Map.Entry<Integer, String> chunk : texts.entrySet()) {
            if (chunk.getKey() != expected) {
                runs.add(whole.toString());
                runs.add(once.toString());
                whole.setLength(0);
                once.setLength(0);
            }
            String text = form.apply(chunk.getValue());
            whole.append(text);
            once.append(text, repeated(once, text), text.length());
            expected = chunk.getKey() + 1;
        }
        runs.add(whole.toString());
        runs.add(once.toString());
        return runs;
    }

    /** Characters at the beginning of a text that are the end of what came before. */
    private static int repeated(CharSequence before, String text) {
        for (int length = Math.min(before.length(), text.length()); length > 0; length--) {
            if (text.startsWith(before.subSequence(before.length() - length, before.length())
                    .toString())) {
                return length;
            }
        }
        return 0;
    }
}
