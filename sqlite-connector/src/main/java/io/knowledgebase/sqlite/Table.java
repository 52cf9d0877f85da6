package io.knowledgebase.sqlite;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A table with a primary key.
 *
 * @param columns in the order of the file, which differs between upgraded files: read by name
 * @param key the columns of the primary key in its order
 * @param uniques the columns of each further unique index that holds for all rows
 */
record Table(String name, List<Column> columns, List<Column> key, List<List<String>> uniques) {

    /** More than SQLite's functions take as arguments. */
    private static final int MOST_COLUMNS = 60;

    /**
     * A table as it is now; empty if there is none.
     *
     * @throws CaptureException if its changes cannot be captured
     */
    static Optional<Table> read(Connection sqlite, String name) throws SQLException {
        List<Column> columns = new ArrayList<>();
        try (PreparedStatement statement =
                sqlite.prepareStatement("select name, type, pk from pragma_table_info(?) order by cid")) {
            statement.setString(1, name);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    columns.add(new Column(rows.getString(1), rows.getString(2), rows.getInt(3)));
                }
            }
        }
        if (columns.isEmpty()) {
            return Optional.empty();
        }
        List<Column> key = columns.stream()
                .filter(column -> column.keyPosition() > 0)
                .sorted(Comparator.comparingInt(Column::keyPosition))
                .toList();
        if (key.isEmpty()) {
            throw new CaptureException("table " + name + " has no primary key");
        }
        if (columns.size() > MOST_COLUMNS) {
            throw new CaptureException(
                    "table " + name + " has " + columns.size() + " columns, more than " + MOST_COLUMNS);
        }
        return Optional.of(new Table(name, List.copyOf(columns), key, uniques(sqlite, name)));
    }

    private static List<List<String>> uniques(Connection sqlite, String name) throws SQLException {
        List<List<String>> uniques = new ArrayList<>();
        try (PreparedStatement indexes = sqlite.prepareStatement("""
                select name from pragma_index_list(?) where "unique" and origin <> 'pk' and not partial order by name
                """)) {
            indexes.setString(1, name);
            try (ResultSet rows = indexes.executeQuery()) {
                while (rows.next()) {
                    List<String> columns = columnsOf(sqlite, rows.getString(1));
                    if (!columns.isEmpty()) {
                        uniques.add(columns);
                    }
                }
            }
        }
        return List.copyOf(uniques);
    }

    /** Empty for an index on expressions. */
    private static List<String> columnsOf(Connection sqlite, String index) throws SQLException {
        List<String> columns = new ArrayList<>();
        try (PreparedStatement statement =
                sqlite.prepareStatement("select name from pragma_index_info(?) order by seqno")) {
            statement.setString(1, index);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    String column = rows.getString(1);
                    if (column == null) {
                        return List.of();
                    }
                    columns.add(column);
                }
            }
        }
        return columns;
    }

    String quoted() {
        return Sql.identifier(name);
    }
}
