package io.knowledgebase.ingest.cutover.legacy;

import io.knowledgebase.sqlite.InvalidText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How much of a row an event holds; the largest values are withheld until the others fit. */
public final class EventSize {

    /** Of the values of a row together; one that has more has no place in PostgreSQL. */
    public static final int MOST_BYTES = 8 * 1024 * 1024;

    /** Of those that it had before, which are told for completeness only. */
    public static final int MOST_BYTES_BEFORE = 1024 * 1024;

    private static final String CONTROLS_ESCAPED_IN_TWO = "\b\f\n\r\t";

    private EventSize() {}

    /** Columns whose values are withheld. */
    public static Set<String> withheld(LegacyTable table, Map<String, ? extends @Nullable Object> row, int mostBytes) {
        List<Map.Entry<String, Long>> sizes = new ArrayList<>();
        long left = 0;
        for (LegacyColumn column : table.columns()) {
            long bytes = of(row.get(column.name()));
            sizes.add(Map.entry(column.name(), bytes));
            left += bytes;
        }
        sizes.sort(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()));
        Set<String> withheld = new HashSet<>();
        for (int i = 0; left > mostBytes; i++) {
            withheld.add(sizes.get(i).getKey());
            left -= sizes.get(i).getValue();
        }
        return withheld;
    }

    /** Bytes of a value: of a text as JSON in UTF-8, of a blob, and of a text that is none, as hexadecimal digits. */
    private static long of(@Nullable Object value) {
        if (value instanceof byte[] bytes) {
            return 2L * bytes.length;
        }
        if (value instanceof InvalidText text) {
            return text.hex().length();
        }
        return value instanceof String text
                ? text.chars().mapToLong(EventSize::of).sum()
                : 0;
    }

    private static int of(int character) {
        if (character >= 0x80) {
            // The halves of a surrogate pair have two bytes each.
            return character < 0x800 || Character.isSurrogate((char) character) ? 2 : 3;
        }
        if (character >= ' ') {
            return character == '"' || character == '\\' ? 2 : 1;
        }
        return CONTROLS_ESCAPED_IN_TWO.indexOf(character) >= 0 ? 2 : "\\u0000".length();
    }
}
