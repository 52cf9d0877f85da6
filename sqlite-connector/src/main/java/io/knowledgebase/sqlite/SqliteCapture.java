package io.knowledgebase.sqlite;

import java.sql.Connection;
import java.sql.SQLException;

/** What a capture leaves in a database, for those who watch and end it. */
public final class SqliteCapture {

    private SqliteCapture() {}

    /** The id of the last change that was logged; 0 if nothing is captured. */
    public static long lastChangeId(Connection sqlite) throws SQLException {
        return ChangeLog.lastId(sqlite);
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
