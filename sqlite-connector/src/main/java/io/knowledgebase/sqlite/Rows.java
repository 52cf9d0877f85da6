package io.knowledgebase.sqlite;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Values as SQLite stores them, whatever their columns declare. */
final class Rows {

    /** So much is read at once, however many rows that are; the last of them may go beyond. */
    static final long MOST_CHARACTERS = 4L * 1024 * 1024;

    private Rows() {}

    /** About how much memory values take: characters and bytes. */
    static long size(List<@Nullable Object> values) {
        long size = 0;
        for (Object value : values) {
            size += size(value);
        }
        return size;
    }

    static int size(@Nullable Object value) {
        if (value instanceof byte[] bytes) {
            return bytes.length;
        }
        return value instanceof String text
                ? text.length()
                : value instanceof InvalidText text ? text.hex().length() : 0;
    }

    static List<@Nullable Object> read(ResultSet row, int columns) throws SQLException {
        List<@Nullable Object> values = new ArrayList<>(columns);
        for (int column = 1; column <= columns; column++) {
            values.add(value(row, column));
        }
        return values;
    }

    static @Nullable Object value(ResultSet row, int column) throws SQLException {
        Object value = row.getObject(column);
        if (value instanceof Integer number) {
            return number.longValue();
        }
        // The driver replaces what is no UTF-8.
        return value instanceof String text && text.indexOf('\uFFFD') >= 0
                ? InvalidText.of(row.getBytes(column))
                : value;
    }
}
