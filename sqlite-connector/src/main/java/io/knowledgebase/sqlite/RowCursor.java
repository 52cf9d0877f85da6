package io.knowledgebase.sqlite;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a table in the order of their keys, one in memory at a time. Keys are compared as bytes, whatever collation the
 * table declares, so that two files and {@link Key} agree about the order.
 */
final class RowCursor implements AutoCloseable {

    private final Table table;
    private final int columns;
    private final List<Integer> keyColumns;
    private final PreparedStatement statement;
    private final ResultSet rows;
    private List<@Nullable Object> row = List.of();
    private @Nullable Key key;

    private RowCursor(Table table, int columns, List<Integer> keyColumns, PreparedStatement statement, ResultSet rows) {
        this.table = table;
        this.columns = columns;
        this.keyColumns = keyColumns;
        this.statement = statement;
        this.rows = rows;
    }

    /** At the first row after a key. */
    static RowCursor open(Connection sqlite, Table table, List<Column> columns, Optional<Key> after)
            throws SQLException {
        String key = table.key().stream()
                .map(column -> column.quoted() + " collate binary")
                .collect(Collectors.joining(", "));
        String marks = table.key().stream().map(column -> "?").collect(Collectors.joining(", "));
        PreparedStatement statement = sqlite.prepareStatement("select "
                + columns.stream().map(Column::quoted).collect(Collectors.joining(", "))
                + " from " + table.quoted()
                + (after.isEmpty() ? "" : " where (" + key + ") > (" + marks + ")")
                + " order by " + key);
        if (after.isPresent()) {
            List<@Nullable Object> values = after.get().values();
            for (int i = 0; i < values.size(); i++) {
                statement.setObject(i + 1, values.get(i));
            }
        }
        RowCursor cursor = new RowCursor(
                table,
                columns.size(),
                table.key().stream().map(columns::indexOf).toList(),
                statement,
                statement.executeQuery());
        cursor.advance();
        return cursor;
    }

    /** Of the row that the cursor is at; null at the end. */
    @Nullable
    Key key() {
        return key;
    }

    /** The row that the cursor is at. */
    List<@Nullable Object> row() {
        return row;
    }

    void advance() throws SQLException {
        Key before = key;
        if (!rows.next()) {
            key = null;
            return;
        }
        row = Rows.read(rows, columns);
        List<@Nullable Object> values = new ArrayList<>();
        for (int column : keyColumns) {
            values.add(row.get(column));
        }
        if (values.contains(null)) {
            throw new CaptureException("table " + table.name() + " has a row without a key");
        }
        key = new Key(values);
        if (before != null && before.compareTo(key) >= 0) {
            throw new CaptureException("table " + table.name() + " has keys that are not in the order of UTF-8");
        }
    }

    @Override
    public void close() throws SQLException {
        rows.close();
        statement.close();
    }
}
