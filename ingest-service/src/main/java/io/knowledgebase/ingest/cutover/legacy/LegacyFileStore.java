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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/** SQL of the legacy application's file. For one thread. */
public final class LegacyFileStore implements AutoCloseable {

    private static final byte[] HEADER = "SQLite format 3\u0000".getBytes(StandardCharsets.US_ASCII);
    private static final String FENCE = "_kb_fence_";
    private static final String MOVED = "This database has moved to PostgreSQL and is not written to any more.";
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
        return open(file, false);
    }

    /**
     * Opens a file that must not be changed.
     *
     * @throws Problem 400 if there is none, or it is something else
     */
    public static LegacyFileStore openToRead(Path file) {
        return open(file, true);
    }

    private static LegacyFileStore open(Path file, boolean toRead) {
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
        config.setReadOnly(toRead);
        try {
            return new LegacyFileStore(config.createConnection("jdbc:sqlite:" + file));
        } catch (SQLException e) {
            throw new LegacyFileException("the file " + file + " cannot be opened", e);
        }
    }

    /** The application's tables that are there. */
    public List<LegacyTable> tables() {
        return texts("select name from sqlite_master where type = 'table'").stream()
                .flatMap(name -> LegacyTable.ofTable(name).stream())
                .sorted()
                .toList();
    }

    /** Names of further tables; without those of SQLite and of a capture. */
    public List<String> otherTables() {
        return texts("select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'"
                        + " and name not like '\\_debezium\\_%' escape '\\' order by name")
                .stream()
                .filter(name -> LegacyTable.ofTable(name).isEmpty())
                .toList();
    }

    /** How many rows a further table has; empty for one whose module may not be here. */
    public Optional<Long> countOther(String table) {
        boolean virtual = texts("select sql from sqlite_master where type = 'table' and name = '"
                        + table.replace("'", "''") + "'")
                .stream()
                .anyMatch(sql -> sql.toLowerCase(Locale.ROOT).startsWith("create virtual"));
        return virtual
                ? Optional.empty()
                : Optional.of(numbers("select count(*) from " + quoted(table)).get(0));
    }

    /** How many rows a table has. */
    public long count(LegacyTable table) {
        return numbers("select count(*) from " + table.table()).get(0);
    }

    /** {@code delete}, {@code wal} or another one. */
    public String journalMode() {
        return texts("pragma journal_mode").get(0);
    }

    public boolean isCaptured() {
        try {
            return SqliteCapture.isPresent(sqlite);
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    /** A column as the file declares it. */
    public record DeclaredColumn(String name, String type) {}

    public List<DeclaredColumn> columns(LegacyTable table) {
        List<String> names = texts("select name from pragma_table_info('" + table.table() + "') order by cid");
        List<String> types = texts("select type from pragma_table_info('" + table.table() + "') order by cid");
        return IntStream.range(0, names.size())
                .mapToObj(i -> new DeclaredColumn(names.get(i), types.get(i)))
                .toList();
    }

    /** Names of the application's own triggers. */
    public List<String> triggers(LegacyTable table) {
        return texts("select name from sqlite_master where type = 'trigger' and tbl_name = '" + table.table()
                + "' collate nocase and name not like '\\_debezium\\_%' escape '\\' order by name");
    }

    private List<Long> numbers(String sql) {
        return list(sql).stream().map(value -> ((Number) value).longValue()).toList();
    }

    private List<String> texts(String sql) {
        return list(sql).stream().map(String::valueOf).toList();
    }

    private List<Object> list(String sql) {
        try (Statement statement = sqlite.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<Object> found = new ArrayList<>();
            while (rows.next()) {
                found.add(rows.getObject(1));
            }
            return found;
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    private static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    private static LegacyFileException unreadable(SQLException e) {
        return new LegacyFileException("the file cannot be read", e);
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
            throw unreadable(e);
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
            throw unreadable(e);
        }
    }

    /** From now on every write to the application's tables fails, with a sentence; a repeat does nothing. */
    public void fence() {
        List<String> statements = new ArrayList<>();
        for (LegacyTable known : tables()) {
            String table = known.table();
            for (String operation : List.of("insert", "update", "delete")) {
                statements.add("create trigger if not exists " + quoted(FENCE + table + "_" + operation) + " before "
                        + operation + " on " + quoted(table) + " begin select raise(abort, '" + MOVED + "'); end");
            }
        }
        write(statements);
    }

    /** Lets the application write again; a repeat does nothing. */
    public void unfence() {
        write(texts("select name from sqlite_master where type = 'trigger' and substr(name, 1, " + FENCE.length()
                        + ") = '" + FENCE + "'")
                .stream()
                .map(trigger -> "drop trigger " + quoted(trigger))
                .toList());
    }

    private void write(List<String> statements) {
        try (Statement statement = sqlite.createStatement()) {
            statement.execute("begin immediate");
            try {
                for (String sql : statements) {
                    statement.execute(sql);
                }
                statement.execute("commit");
            } catch (SQLException e) {
                statement.execute("rollback");
                throw e;
            }
        } catch (SQLException e) {
            throw new LegacyFileException("the file cannot be written", e);
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
