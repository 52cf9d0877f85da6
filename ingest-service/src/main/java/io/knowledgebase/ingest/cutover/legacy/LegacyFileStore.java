package io.knowledgebase.ingest.cutover.legacy;

import io.knowledgebase.schemas.problem.Problem;
import io.knowledgebase.sqlite.SqliteCapture;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
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

    /**
     * Rows of one moment, by id, their values by the names of the columns.
     *
     * @param changeId everything up to it is in them
     */
    public record Range(Map<Long, Map<String, @Nullable Object>> rows, long changeId) {}

    /** The next rows after an id. */
    public Range rows(LegacyTable table, long afterId, int limit) {
        return read(
                "select * from " + table.table() + " where id > ? order by id limit ?", List.of(afterId, (long) limit));
    }

    /** Those of the rows with these ids that there are. */
    public Range rows(LegacyTable table, Collection<Long> ids) {
        String marks = ids.stream().map(id -> "?").collect(Collectors.joining(", "));
        return read("select * from " + table.table() + " where id in (" + marks + ")", List.copyOf(ids));
    }

    /** In a transaction that is short: in rollback-journal mode it holds the application's writes up. */
    private Range read(String sql, List<Long> parameters) {
        try (Statement transaction = sqlite.createStatement()) {
            transaction.execute("begin");
            try (PreparedStatement statement = sqlite.prepareStatement(sql)) {
                for (int i = 0; i < parameters.size(); i++) {
                    statement.setLong(i + 1, parameters.get(i));
                }
                long changeId = SqliteCapture.lastChangeId(sqlite);
                Map<Long, Map<String, @Nullable Object>> rows = new TreeMap<>();
                try (ResultSet found = statement.executeQuery()) {
                    while (found.next()) {
                        rows.put(found.getLong("id"), values(found));
                    }
                }
                return new Range(rows, changeId);
            } finally {
                transaction.execute("rollback");
            }
        } catch (SQLException e) {
            throw new LegacyFileException("the file cannot be read", e);
        }
    }

    private static Map<String, @Nullable Object> values(ResultSet row) throws SQLException {
        Map<String, @Nullable Object> values = new HashMap<>();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
            Object value = row.getObject(i);
            values.put(
                    row.getMetaData().getColumnName(i).toLowerCase(Locale.ROOT),
                    value instanceof Integer number ? (Object) number.longValue() : value);
        }
        return values;
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
