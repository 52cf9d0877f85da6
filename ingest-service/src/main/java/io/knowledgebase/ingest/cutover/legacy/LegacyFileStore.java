package io.knowledgebase.ingest.cutover.legacy;

import io.knowledgebase.schemas.problem.Problem;
import io.knowledgebase.sqlite.SqliteCapture;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import org.sqlite.SQLiteConfig;

/** SQL of the legacy application's file. For one thread. */
public final class LegacyFileStore implements AutoCloseable {

    private static final byte[] HEADER = "SQLite format 3\u0000".getBytes(StandardCharsets.US_ASCII);
    private static final int BUSY_TIMEOUT_MS = 10_000;

    private final Connection sqlite;

    private LegacyFileStore(Connection sqlite) {
        this.sqlite = sqlite;
    }

    /**
     * Opens a file.
     *
     * @throws Problem 400 if there is none, or it is something else
     */
    public static LegacyFileStore open(Path file) {
        if (!file.isAbsolute() || !Files.isRegularFile(file)) {
            throw Problem.badField("sqlite", "The ingest service sees no file " + file + "; give its absolute path.");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] begin = in.readNBytes(HEADER.length);
            if (begin.length > 0 && !Arrays.equals(begin, HEADER)) {
                throw Problem.badField("sqlite", "The file " + file + " is no SQLite database.");
            }
        } catch (IOException e) {
            throw Problem.badField("sqlite", "The ingest service may not read the file " + file + ".");
        }
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(BUSY_TIMEOUT_MS);
        try {
            return new LegacyFileStore(config.createConnection("jdbc:sqlite:" + file));
        } catch (SQLException e) {
            throw new LegacyFileException("the file " + file + " cannot be opened", e);
        }
    }

    /** How many rows the tables of the application have that are there. */
    public Map<LegacyTable, Long> counts() {
        Map<LegacyTable, Long> counts = new EnumMap<>(LegacyTable.class);
        for (LegacyTable table : LegacyTable.values()) {
            if (number("select count(*) from sqlite_master where type = 'table' and name = '" + table.table()
                            + "' collate nocase")
                    > 0) {
                counts.put(table, number("select count(*) from " + table.table()));
            }
        }
        return counts;
    }

    private long number(String sql) {
        try (Statement statement = sqlite.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.getLong(1);
        } catch (SQLException e) {
            throw new LegacyFileException("the file cannot be read", e);
        }
    }

    /** The last change that the capture's log has. */
    public long lastChange() {
        try {
            return SqliteCapture.lastChangeId(sqlite);
        } catch (SQLException e) {
            throw new LegacyFileException("the file cannot be read", e);
        }
    }

    /** Removes what a capture has put into the file. */
    public void removeCapture() {
        try {
            SqliteCapture.remove(sqlite);
        } catch (SQLException e) {
            throw new LegacyFileException("the capture's triggers cannot be removed", e);
        }
    }

    @Override
    public void close() {
        try {
            sqlite.close();
        } catch (SQLException e) {
            throw new LegacyFileException("the file cannot be closed", e);
        }
    }
}
