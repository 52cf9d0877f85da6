package io.knowledgebase.sqlite;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The log table and the triggers that fill it. They run in the application's own SQLite library, so they use nothing
 * that is younger than 2016, and nothing in them may fail.
 *
 * <p>{@code INSERT OR REPLACE} removes rows that stand in the way without telling any trigger. What may be removed is put
 * down before ({@code ?}), and taken for deleted after if it is gone.
 */
final class ChangeLog {

    static final String TABLE = "_debezium_cdc_log";
    private static final String SUSPECTS = "_debezium_cdc_suspects";
    private static final String PREFIX = "_debezium_cdc_";
    private static final List<String> TRIGGERS =
            List.of("before_insert", "before_update", "after_insert", "after_update", "after_delete");
    /** Null where the library does not know how, which must not matter. */
    private static final String NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";

    private ChangeLog() {}

    /**
     * A change.
     *
     * @param operation {@code c}, {@code u}, {@code d}, or {@code t}: from here on changes are logged, and what was before
     *     has to be read
     * @param before the row as {@link RowJson} has it: a text, or {@link InvalidText} if one of the row is none
     * @param committedAt ISO 8601 in UTC
     */
    record Change(
            long id,
            String table,
            String operation,
            @Nullable Object before,
            @Nullable Object after,
            @Nullable String committedAt) {

        private int size() {
            return Rows.size(before) + Rows.size(after);
        }
    }

    /**
     * Creates the log and the triggers of tables anew, in one transaction.
     *
     * @param after what is logged from now on has greater ids
     */
    static void arm(Connection sqlite, List<Table> tables, long after) throws SQLException {
        Transactions.write(sqlite, statement -> {
            statement.execute("create table if not exists " + TABLE + " (change_id integer primary key autoincrement,"
                    + " table_name text not null, operation text not null, old_row_data text, new_row_data text,"
                    + " committed_at text)");
            statement.execute(
                    "create index if not exists " + SUSPECTS + " on " + TABLE + " (table_name) where operation = '?'");
            if (after > lastId(sqlite)) {
                statement.execute("delete from sqlite_sequence where name = " + Sql.text(TABLE));
                statement.execute(
                        "insert into sqlite_sequence (name, seq) values (" + Sql.text(TABLE) + ", " + after + ")");
            }
            for (Table table : tables) {
                for (Map.Entry<String, String> trigger : triggers(table).entrySet()) {
                    statement.execute("drop trigger if exists " + Sql.identifier(trigger.getKey()));
                    statement.execute(trigger.getValue());
                }
                statement.execute("insert into " + TABLE + " (table_name, operation, committed_at) values ("
                        + Sql.text(table.name()) + ", 't', " + NOW + ")");
            }
        });
    }

    /** Whether everything that captures a table's changes is as it should be. */
    static boolean isArmed(Connection sqlite, Table table) throws SQLException {
        return exists(sqlite)
                && triggersOf(sqlite, table.name())
                        .entrySet()
                        .containsAll(triggers(table).entrySet());
    }

    /** Triggers of a capture that a table has, with their SQL. */
    static Map<String, String> triggersOf(Connection sqlite, String table) throws SQLException {
        Map<String, String> found = new LinkedHashMap<>();
        try (PreparedStatement statement = sqlite.prepareStatement(
                "select name, sql from sqlite_master where type = 'trigger' and tbl_name = ? collate nocase"
                        + " and substr(name, 1, " + PREFIX.length() + ") = " + Sql.text(PREFIX))) {
            statement.setString(1, table);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.put(rows.getString(1), rows.getString(2));
                }
            }
        }
        return found;
    }

    private static boolean exists(Connection sqlite) throws SQLException {
        try (Statement statement = sqlite.createStatement();
                ResultSet rows =
                        statement.executeQuery("select 1 from sqlite_master where name = " + Sql.text(TABLE))) {
            return rows.next();
        }
    }

    static boolean hasTraces(Connection sqlite) throws SQLException {
        try (Statement statement = sqlite.createStatement();
                ResultSet rows = statement.executeQuery("select 1 from sqlite_master where substr(name, 1, "
                        + PREFIX.length() + ") = " + Sql.text(PREFIX) + " limit 1")) {
            return rows.next();
        }
    }

    /** Removes all of it. */
    static void disarm(Connection sqlite) throws SQLException {
        List<String> triggers = triggersWhere(sqlite, "substr(name, 1, " + PREFIX.length() + ") = " + Sql.text(PREFIX));
        Transactions.write(sqlite, statement -> {
            drop(statement, triggers);
            statement.execute("drop table if exists " + TABLE);
        });
    }

    /** Removes the triggers of one table, also from another one that it became by renaming. */
    static void disarm(Connection sqlite, String table) throws SQLException {
        String names =
                TRIGGERS.stream().map(event -> Sql.text(name(table, event))).collect(Collectors.joining(", "));
        List<String> triggers = triggersWhere(sqlite, "name collate nocase in (" + names + ")");
        if (!triggers.isEmpty()) {
            Transactions.write(sqlite, statement -> drop(statement, triggers));
        }
    }

    private static List<String> triggersWhere(Connection sqlite, String condition) throws SQLException {
        List<String> triggers = new ArrayList<>();
        try (Statement statement = sqlite.createStatement();
                ResultSet rows = statement.executeQuery(
                        "select name from sqlite_master where type = 'trigger' and " + condition)) {
            while (rows.next()) {
                triggers.add(rows.getString(1));
            }
        }
        return triggers;
    }

    private static void drop(Statement statement, List<String> triggers) throws SQLException {
        for (String trigger : triggers) {
            statement.execute("drop trigger if exists " + Sql.identifier(trigger));
        }
    }

    /** The id of the last change, also if it is forgotten; 0 if there was none. */
    static long lastId(Connection sqlite) throws SQLException {
        if (!exists(sqlite)) {
            return 0;
        }
        try (Statement statement = sqlite.createStatement();
                ResultSet rows =
                        statement.executeQuery("select seq from sqlite_sequence where name = " + Sql.text(TABLE))) {
            return rows.next() ? rows.getLong(1) : 0;
        }
    }

    /**
     * Changes in their order.
     *
     * @param isAll whether none follows up to the change that was asked for
     */
    record Changes(List<Change> changes, boolean isAll) {}

    /** Changes after one, up to another one, at most so many; fewer if they are large. */
    static Changes read(Connection sqlite, long after, long upTo, int limit) throws SQLException {
        List<Change> changes = new ArrayList<>();
        long size = 0;
        try (PreparedStatement statement = sqlite.prepareStatement("select change_id, table_name, operation,"
                + " old_row_data, new_row_data, committed_at from " + TABLE
                + " where change_id > ? and change_id <= ? and operation <> '?' order by change_id limit ?")) {
            statement.setLong(1, after);
            statement.setLong(2, upTo);
            statement.setInt(3, limit);
            try (ResultSet rows = statement.executeQuery()) {
                while (size < Rows.MOST_CHARACTERS && rows.next()) {
                    Change change = new Change(
                            rows.getLong(1),
                            rows.getString(2),
                            rows.getString(3),
                            Rows.value(rows, 4),
                            Rows.value(rows, 5),
                            rows.getString(6));
                    changes.add(change);
                    size += change.size();
                }
            }
        }
        return new Changes(changes, size < Rows.MOST_CHARACTERS && changes.size() < limit);
    }

    /** Forgets changes that were taken; ids go on all the same. */
    static void forget(Connection sqlite, long upTo, int limit) throws SQLException {
        Transactions.write(
                sqlite,
                statement -> statement.execute("delete from " + TABLE + " where change_id in (select change_id from "
                        + TABLE + " where change_id <= " + upTo + " order by change_id limit " + limit + ")"));
    }

    /** The triggers of a table by their names. */
    static Map<String, String> triggers(Table table) {
        Map<String, String> triggers = new LinkedHashMap<>();
        String before = RowJson.expression(table, "OLD");
        String after = RowJson.expression(table, "NEW");
        String changed = table.key().stream()
                .map(column -> "OLD." + column.quoted() + " is not NEW." + column.quoted())
                .collect(Collectors.joining(" or "));
        boolean hasSuspects = !table.uniques().isEmpty();
        if (hasSuspects) {
            add(triggers, table, "before_insert", "before insert", suspects(table, "NEW"));
            add(
                    triggers,
                    table,
                    "before_update",
                    "before update of "
                            + table.uniques().stream()
                                    .flatMap(List::stream)
                                    .distinct()
                                    .map(Sql::identifier)
                                    .collect(Collectors.joining(", ")),
                    suspects(table, "OLD"));
        }
        String convicted = hasSuspects ? convicted(table) : "";
        add(triggers, table, "after_insert", "after insert", convicted + log(table, "c", "null", after, "1"));
        add(
                triggers,
                table,
                "after_update",
                "after update",
                convicted
                        + log(table, "u", before, after, "not (" + changed + ")")
                        + log(table, "d", before, "null", changed)
                        + log(table, "c", "null", after, changed));
        add(triggers, table, "after_delete", "after delete", log(table, "d", before, "null", "1"));
        return triggers;
    }

    private static void add(Map<String, String> triggers, Table table, String event, String when, String body) {
        String trigger = name(table.name(), event);
        triggers.put(
                trigger,
                "CREATE TRIGGER " + Sql.identifier(trigger) + " " + when + " on " + table.quoted()
                        + " for each row begin " + body + "end");
    }

    private static String name(String table, String event) {
        return PREFIX + table + "_" + event;
    }

    private static String log(Table table, String operation, String before, String after, String condition) {
        return "insert into " + TABLE + " (table_name, operation, old_row_data, new_row_data, committed_at) select "
                + Sql.text(table.name()) + ", " + Sql.text(operation) + ", " + before + ", " + after + ", " + NOW
                + " where " + condition + "; ";
    }

    /** Other rows with a value that has to be unique and that the new row has. */
    private static String suspects(Table table, String self) {
        String same = table.uniques().stream()
                .map(columns -> columns.stream()
                        .map(column -> "s." + Sql.identifier(column) + " = NEW." + Sql.identifier(column))
                        .collect(Collectors.joining(" and ", "(", ")")))
                .collect(Collectors.joining(" or "));
        String other = table.key().stream()
                .map(column -> "s." + column.quoted() + " is not " + self + "." + column.quoted())
                .collect(Collectors.joining(" or "));
        return "insert into " + TABLE + " (table_name, operation, old_row_data, committed_at) select "
                + Sql.text(table.name()) + ", '?', " + RowJson.expression(table, "s") + ", " + NOW + " from "
                + table.quoted() + " s where (" + same + ") and (" + other + "); ";
    }

    private static String convicted(Table table) {
        String there = table.key().stream()
                .map(column -> "s." + column.quoted() + " is json_extract(old_row_data, "
                        + Sql.text("$.\"" + column.name() + "\"") + ")")
                .collect(Collectors.joining(" and "));
        String mine = "operation = '?' and table_name = " + Sql.text(table.name());
        return "update " + TABLE + " set operation = 'd' where " + mine + " and not exists (select 1 from "
                + table.quoted() + " s where " + there + "); delete from " + TABLE + " where " + mine + "; ";
    }
}
