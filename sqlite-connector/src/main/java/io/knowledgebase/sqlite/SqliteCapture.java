package io.knowledgebase.sqlite;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import org.apache.kafka.connect.source.SourceRecord;

/** What a capture leaves in a database and tells by its records, for those who watch and end it. */
public final class SqliteCapture {

    private SqliteCapture() {}

    /** The id of the last change that was logged; 0 if nothing is captured. */
    public static long lastChangeId(Connection sqlite) throws SQLException {
        return ChangeLog.lastId(sqlite);
    }

    /** The change up to which everything was told when a record of the connector was. */
    public static long changeId(SourceRecord record) {
        return position(record).changeId();
    }

    /** Whether all rows that there were at the start had been told when a record of the connector was. */
    public static boolean hasToldAllRows(SourceRecord record) {
        return position(record).pending().isEmpty();
    }

    @SuppressWarnings("unchecked")
    private static Position position(SourceRecord record) {
        return Position.ofOffset((Map<String, Object>) record.sourceOffset())
                .orElseThrow(() -> new IllegalArgumentException("not a record of the connector"));
    }

    /** Whether triggers or a log of a capture are there. */
    public static boolean isPresent(Connection sqlite) throws SQLException {
        return ChangeLog.hasTraces(sqlite);
    }

    /** Removes all triggers and the log; no connector may be running. A repeat does nothing. */
    public static void remove(Connection sqlite) throws SQLException {
        ChangeLog.disarm(sqlite);
    }
}
