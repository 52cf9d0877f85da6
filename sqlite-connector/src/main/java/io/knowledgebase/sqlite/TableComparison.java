package io.knowledgebase.sqlite;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A table in two exports side by side, in the order of keys; rows of both have the columns of the newer one. */
final class TableComparison implements AutoCloseable {

    private final @Nullable RowCursor older;
    private final RowCursor newer;
    /** The older one's place for each column; -1 if it has none. */
    private final List<Integer> places;

    private TableComparison(@Nullable RowCursor older, RowCursor newer, List<Integer> places) {
        this.older = older;
        this.newer = newer;
        this.places = places;
    }

    /**
     * A row that one of the files has, or both.
     *
     * @param before null if the older one lacks it
     * @param after null if the newer one lacks it
     */
    record Pair(
            Key key,
            @Nullable List<@Nullable Object> before,
            @Nullable List<@Nullable Object> after) {

        boolean isDifferent() {
            return before == null || after == null || !Objects.deepEquals(before.toArray(), after.toArray());
        }
    }

    /** All rows of a table, as if there was none before. */
    static TableComparison withNothing(ExportFile file, Table table, Optional<Key> after) throws SQLException {
        return new TableComparison(null, file.rows(table, after), List.of());
    }

    static TableComparison of(
            ExportFile olderFile, Table olderTable, ExportFile newerFile, Table newerTable, Optional<Key> after)
            throws SQLException {
        Map<String, Integer> byName = new TreeMap<>();
        for (int i = 0; i < olderTable.columns().size(); i++) {
            byName.put(name(olderTable.columns().get(i)), i);
        }
        List<Integer> places = newerTable.columns().stream()
                .map(column -> byName.getOrDefault(name(column), -1))
                .toList();
        RowCursor older = olderFile.rows(olderTable, after);
        return new TableComparison(older, newerFile.rows(newerTable, after), places);
    }

    /** Whether rows of both can be told apart by the same key. */
    static boolean haveSameKey(Table one, Table other) {
        return one.key().stream()
                .map(TableComparison::name)
                .toList()
                .equals(other.key().stream().map(TableComparison::name).toList());
    }

    /** SQLite knows columns in any case. */
    private static String name(Column column) {
        return column.name().toLowerCase(Locale.ROOT);
    }

    /** The next row; empty at the end. */
    Optional<Pair> next() throws SQLException {
        Key oldKey = older == null ? null : older.key();
        Key newKey = newer.key();
        if (oldKey == null && newKey == null) {
            return Optional.empty();
        }
        int order = oldKey == null ? 1 : newKey == null ? -1 : oldKey.compareTo(newKey);
        Key key = Objects.requireNonNull(order <= 0 ? oldKey : newKey);
        List<@Nullable Object> before = null;
        if (older != null && order <= 0) {
            before = mapped(older.row());
            older.advance();
        }
        List<@Nullable Object> after = null;
        if (order >= 0) {
            after = newer.row();
            newer.advance();
        }
        return Optional.of(new Pair(key, before, after));
    }

    private List<@Nullable Object> mapped(List<@Nullable Object> row) {
        List<@Nullable Object> values = new ArrayList<>(places.size());
        for (int place : places) {
            values.add(place < 0 ? null : row.get(place));
        }
        return values;
    }

    @Override
    public void close() throws SQLException {
        if (older != null) {
            older.close();
        }
        newer.close();
    }
}
