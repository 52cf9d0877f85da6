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
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the rows of some tables and every change of them, each once and in order. Rows are read in short ranges of keys;
 * each range and the changes up to its moment are read in one transaction, and changes of rows that were not reached yet
 * are left out, because their range will show them. So nothing is told twice, and never something older after something
 * newer.
 */
final class TriggerCapture implements RowCapture {

    private static final Logger LOG = LoggerFactory.getLogger(TriggerCapture.class);
    private static final int FORGET_AT_ONCE = 2_000;
    /** More changes than can have been told since the last position was kept. */
    private static final long TOLD_SINCE = 1_000_000;

    private final Connection sqlite;
    private final List<String> tableNames;
    private final int rangeRows;
    private final int batchChanges;
    private final Map<String, Table> tables = new LinkedHashMap<>();

    private Position position;
    private long schemaVersion = -1;
    private boolean isAllRead;
    private boolean idle;
    private long forgotten;

    /**
     * A capture of tables.
     *
     * @param position where to go on; null for the beginning
     * @param rangeRows rows that are read in one transaction
     * @param batchChanges changes that are read in one transaction
     */
    TriggerCapture(
            Connection sqlite, List<String> tableNames, @Nullable Position position, int rangeRows, int batchChanges) {
        this.sqlite = sqlite;
        this.tableNames = List.copyOf(tableNames);
        this.rangeRows = rangeRows;
        this.batchChanges = batchChanges;
        Position begin = new Position(0, Map.of());
        for (String table : tableNames) {
            begin = begin.after(table, Optional.empty());
        }
        this.position = position == null ? begin : position;
    }

    @Override
    public Position position() {
        return position;
    }

    @Override
    public List<RowEvent> next() throws SQLException {
        watch();
        int tablesLeft = position.pending().size();
        List<RowEvent> events = Transactions.read(sqlite, this::read);
        idle = events.isEmpty() && isAllRead && position.pending().size() == tablesLeft;
        return events;
    }

    @Override
    public boolean isIdle() {
        return idle;
    }

    /**
     * Tables that were rebuilt have lost their triggers without a word, and nobody knows what has changed since. That is
     * written into the log with the new triggers, so that a crash does not forget it. A table that was renamed still has
     * its triggers and loses them here, because what they log of it is not told. Of an older copy that was put back in the
     * file's place nobody knows it of any table; its log goes on after all that was told, or that would be skipped.
     */
    private void watch() throws SQLException {
        boolean isOlderCopy = ChangeLog.lastId(sqlite) < position.changeId();
        if (isOlderCopy) {
            LOG.warn("event=sqlite-older-copy");
            schemaVersion = -1;
        }
        for (long version = schemaVersion(); version != schemaVersion; version = schemaVersion()) {
            List<Table> toArm = new ArrayList<>();
            for (String name : tableNames) {
                Optional<Table> now = Table.read(sqlite, name);
                if (now.isEmpty()) {
                    LOG.warn("event=sqlite-table-missing table={}", name);
                    tables.remove(name);
                    ChangeLog.disarm(sqlite, name);
                } else {
                    tables.put(name, now.get());
                    if (isOlderCopy || !ChangeLog.isArmed(sqlite, now.get())) {
                        toArm.add(now.get());
                    }
                }
            }
            if (toArm.isEmpty() && !isOlderCopy) {
                schemaVersion = version;
            } else {
                ChangeLog.arm(sqlite, toArm, isOlderCopy ? position.changeId() + TOLD_SINCE : 0);
                isOlderCopy = false;
                LOG.info(
                        "event=sqlite-armed tables={}",
                        toArm.stream().map(Table::name).toList());
            }
        }
    }

    private long schemaVersion() throws SQLException {
        try (Statement statement = sqlite.createStatement();
                ResultSet rows = statement.executeQuery("pragma schema_version")) {
            return rows.getLong(1);
        }
    }

    private List<RowEvent> read() throws SQLException {
        if (schemaVersion() != schemaVersion) {
            isAllRead = false;
            return List.of(); // changed since it was looked at
        }
        long upTo = ChangeLog.lastId(sqlite);
        List<RowEvent> events = new ArrayList<>();
        ChangeLog.Changes next = ChangeLog.read(sqlite, position.changeId(), upTo, batchChanges);
        for (ChangeLog.Change change : next.changes()) {
            position = position.at(change.id());
            Table table = tables.get(change.table());
            if (table != null) {
                event(table, change).ifPresent(events::add);
            }
        }
        isAllRead = next.isAll();
        if (isAllRead) {
            position = position.at(Math.max(upTo, position.changeId()));
            events.addAll(range());
        }
        return events;
    }

    private Optional<RowEvent> event(Table table, ChangeLog.Change change) {
        RowEvent.Operation operation = RowEvent.Operation.of(change.operation());
        if (operation == RowEvent.Operation.TRUNCATE) {
            position = position.after(table.name(), Optional.empty());
            return Optional.of(new RowEvent(table, operation, null, null, change.id(), change.committedAt(), position));
        }
        List<@Nullable Object> before = change.before() == null ? null : RowJson.values(table, change.before());
        List<@Nullable Object> after = change.after() == null ? null : RowJson.values(table, change.after());
        List<@Nullable Object> row = after == null ? before : after;
        if (row == null) {
            return Optional.empty();
        }
        // Deletions are told in any case: before a crash the row may have been told beyond the position that was kept.
        if (operation != RowEvent.Operation.DELETE && !position.covers(table.name(), Key.of(table, row))) {
            return Optional.empty();
        }
        return Optional.of(new RowEvent(table, operation, before, after, change.id(), change.committedAt(), position));
    }

    /** The next rows of the first table that has some left. */
    private List<RowEvent> range() throws SQLException {
        for (Map.Entry<String, Optional<Key>> pending : position.pending().entrySet()) {
            Table table = tables.get(pending.getKey());
            if (table == null) {
                continue; // it is told once it is there
            }
            Range range = rows(table, pending.getValue().orElse(null));
            List<List<@Nullable Object>> rows = range.rows();
            if (rows.isEmpty()) {
                position = position.without(table.name());
                return List.of();
            }
            List<RowEvent> events = new ArrayList<>();
            for (List<@Nullable Object> row : rows) {
                boolean last = range.isLast() && events.size() == rows.size() - 1;
                position = last
                        ? position.without(table.name())
                        : position.after(table.name(), Optional.of(Key.of(table, row)));
                events.add(
                        new RowEvent(table, RowEvent.Operation.READ, null, row, position.changeId(), null, position));
            }
            return events;
        }
        return List.of();
    }

    /**
     * Rows in the order of their keys.
     *
     * @param isLast whether none follows
     */
    private record Range(List<List<@Nullable Object>> rows, boolean isLast) {}

    private Range rows(Table table, @Nullable Key after) throws SQLException {
        String key = table.key().stream().map(Column::quoted).collect(Collectors.joining(", "));
        String marks = table.key().stream().map(column -> "?").collect(Collectors.joining(", "));
        String sql = "select " + table.columns().stream().map(Column::quoted).collect(Collectors.joining(", "))
                + " from " + table.quoted()
                + (after == null ? "" : " where (" + key + ") > (" + marks + ")")
                + " order by " + key + " limit " + rangeRows;
        try (PreparedStatement statement = sqlite.prepareStatement(sql)) {
            if (after != null) {
                for (int i = 0; i < after.values().size(); i++) {
                    statement.setObject(i + 1, after.values().get(i));
                }
            }
            List<List<@Nullable Object>> rows = new ArrayList<>();
            long size = 0;
            try (ResultSet found = statement.executeQuery()) {
                while (size < Rows.MOST_CHARACTERS && found.next()) {
                    List<@Nullable Object> row =
                            Rows.read(found, table.columns().size());
                    rows.add(row);
                    size += Rows.size(row);
                }
            }
            return new Range(rows, size < Rows.MOST_CHARACTERS && rows.size() < rangeRows);
        }
    }

    @Override
    public void forget(long changeId) throws SQLException {
        if (changeId - forgotten >= FORGET_AT_ONCE) {
            ChangeLog.forget(sqlite, changeId, FORGET_AT_ONCE * 2);
            forgotten = changeId;
        }
    }

    @Override
    public void close() throws SQLException {
        sqlite.close();
    }
}
