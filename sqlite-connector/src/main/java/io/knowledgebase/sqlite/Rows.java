package io.knowledgebase.sqlite;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Values as SQLite stores them, whatever their columns declare. */
final class Rows {

    private Rows() {}

    static List<@Nullable Object> read(ResultSet row, int columns) throws SQLException {
        List<@Nullable Object> values = new ArrayList<>(columns);
        for (int column = 1; column <= columns; column++) {
            Object value = row.getObject(column);
            values.add(value instanceof Integer number ? (Object) number.longValue() : value);
        }
        return values;
    }
}
