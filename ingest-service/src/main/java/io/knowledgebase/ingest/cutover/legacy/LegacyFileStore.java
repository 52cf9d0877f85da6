package io.knowledgebase.ingest.cutover.legacy;

import io.knowledgebase.schemas.problem.Problem;
import io.knowledgebase.sqlite.InvalidText;
import io.knowledgebase.sqlite.SqliteCapture;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;

/** SQL of the legacy application's file. For one thread. */
public final class LegacyFileStore implements AutoCloseable {

    private static final int HEADER_BYTES = 100;
    private static final int VERSION_AT = 96;
    private static final byte[] MAGIC = "SQLite format 3\u0000".getBytes(StandardCharsets.US_ASCII);
    private static final String FENCE = "_kb_fence_";
    private static final List<String> OPERATIONS = List.of("insert", "update", "delete");
    private static final String MOVED = "This database has moved to PostgreSQL and is not written to any more.";
    private static final int BUSY_TIMEOUT_MS = 10_000;
    /** Of a range of rows, so that large ones fit into a small heap. */
    private static final long MOST_CHARACTERS = 4L * 1024 * 1024;

    private final Connection sqlite;
    private final LegacySchema schema;
    private final int writtenBy;

    private LegacyFileStore(Connection sqlite, LegacySchema schema, int writtenBy) {
        this.sqlite = sqlite;
        this.schema = schema;
        this.writtenBy = writtenBy;
    }

    /**
     * Opens a file.
     *
     * @throws Problem 400 if there is none, or it is something else
     */
    public static LegacyFileStore open(Path file, LegacySchema schema) {
        return open(file, schema, false);
    }

    /**
     * Opens a file that must not be changed.
     *
     * @throws Problem 400 if there is none, or it is something else
     */
    public static LegacyFileStore openToRead(Path file, LegacySchema schema) {
        return open(file, schema, true);
    }

    private static LegacyFileStore open(Path file, LegacySchema schema, boolean toRead) {
        if (!file.isAbsolute()) {
            throw Problem.badField("sqlite", file + " is no absolute path.");
        }
        if (Files.isDirectory(file)) {
            throw Problem.badField("sqlite", file + " is a folder.");
        }
        if (!Files.isRegularFile(file)) {
            throw Problem.badField("sqlite", "The ingest service sees no file " + file + ".");
        }
        byte[] header;
        try (InputStream in = Files.newInputStream(file)) {
            header = in.readNBytes(HEADER_BYTES);
            if (header.length > 0 && !Arrays.equals(Arrays.copyOf(header, MAGIC.length), MAGIC)) {
                throw Problem.badField("sqlite", "The file " + file + " is no SQLite database.");
            }
        } catch (IOException e) {
            throw Problem.badField("sqlite", "The ingest service may not read the file " + file + ".");
        }
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(BUSY_TIMEOUT_MS);
        config.setReadOnly(toRead);
        try {
            return new LegacyFileStore(
                    config.createConnection("jdbc:sqlite:" + file),
                    schema,
                    header.length < HEADER_BYTES ? 0 : ByteBuffer.wrap(header).getInt(VERSION_AT));
        } catch (SQLException e) {
            throw new LegacyFileException("the file " + file + " cannot be opened", e);
        }
    }

    /** Those of the tables to be moved that are there, in their order. */
    public List<LegacyTable> tables() {
        Set<String> names = texts("select lower(name) from sqlite_master where type = 'table'").stream()
                .collect(Collectors.toSet());
        return schema.tables().stream()
                .filter(table -> names.contains(table.table()))
                .toList();
    }

    /** Names of further tables; without those of SQLite and of a capture. */
    public List<String> otherTables() {
        return texts("select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'"
                        + " and name not like '\\_debezium\\_%' escape '\\' order by name")
                .stream()
                .filter(name -> schema.table(name).isEmpty())
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
                : Optional.of(numbers("select count(*) from " + LegacyColumn.quoted(table))
                        .get(0));
    }

    /** How many rows a table has. */
    public long count(LegacyTable table) {
        return numbers("select count(*) from " + table.sql()).get(0);
    }

    /** Whether a table is an ordinary one, whose primary key is an integer named id. */
    boolean hasNumberedRows(LegacyTable table) {
        boolean ordinary = texts("select type from pragma_table_list where schema = 'main' and lower(name) = '"
                        + table.table() + "'")
                .equals(List.of("table"));
        return ordinary
                && texts("select lower(name) || ' ' || upper(type) from pragma_table_info('" + table.table()
                                + "') where pk > 0")
                        .equals(List.of("id INTEGER"));
    }

    /** Whether a user is in it. */
    public boolean hasUser(String userId) {
        if (!tables().stream().anyMatch(LegacyTable::isUsers)) {
            return false;
        }
        try (PreparedStatement select = sqlite.prepareStatement("select 1 from users where user_id = ?")) {
            select.setString(1, userId);
            try (ResultSet row = select.executeQuery()) {
                return row.next();
            }
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    /** {@code delete}, {@code wal} or another one. */
    public String journalMode() {
        return texts("pragma journal_mode").get(0);
    }

    /** Version of the library that wrote the file last, such as {@code 3.45.1}; empty if nobody has. */
    public String sqliteVersion() {
        return writtenBy == 0
                ? ""
                : String.join(
                        ".",
                        String.valueOf(writtenBy / 1_000_000),
                        String.valueOf(writtenBy / 1_000 % 1_000),
                        String.valueOf(writtenBy % 1_000));
    }

    public boolean isCaptured() {
        try {
            return SqliteCapture.isPresent(sqlite);
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    /** Whether a table has triggers of a capture; one that was made anew has none. */
    public boolean isCaptured(LegacyTable table) {
        try {
            return SqliteCapture.isPresent(sqlite, table.table());
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
        return list(sql, List.of()).stream()
                .map(value -> ((Number) value).longValue())
                .toList();
    }

    private List<String> texts(String sql) {
        return list(sql, List.of()).stream().map(String::valueOf).toList();
    }

    private List<Object> list(String sql, List<@Nullable Object> parameters) {
        try (PreparedStatement statement = sqlite.prepareStatement(sql)) {
            for (int i = 0; i < parameters.size(); i++) {
                statement.setObject(i + 1, parameters.get(i));
            }
            List<Object> found = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(rows.getObject(1));
                }
            }
            return found;
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    private static LegacyFileException unreadable(SQLException e) {
        return new LegacyFileException("the file cannot be read", e);
    }

    /**
     * Rows of one moment, by id, their values by the names of the columns.
     *
     * @param changeId everything up to it is in them
     * @param isCut whether there may be more, which were too many
     */
    public record Range(Map<Long, Map<String, @Nullable Object>> rows, long changeId, boolean isCut) {}

    /** The next rows after an id; fewer than the limit if they are large. */
    public Range rows(LegacyTable table, long afterId, int limit) {
        return range(
                "select * from " + table.sql() + " where id > ? order by id limit ?",
                List.of(afterId, (long) limit),
                limit);
    }

    /** Those of the rows with these ids that there are; only the first ones if they are large. */
    public Range rows(LegacyTable table, Collection<Long> ids) {
        String marks = ids.stream().map(id -> "?").collect(Collectors.joining(", "));
        String select = "select * from " + table.sql() + " where id in (" + marks + ") order by id";
        return range(select, List.copyOf(ids), Integer.MAX_VALUE);
    }

    /** A row as it is, within the transaction of {@link #writeWithoutTriggers}. */
    public Optional<Map<String, @Nullable Object>> row(LegacyTable table, long id) {
        try {
            return Optional.ofNullable(read("select * from " + table.sql() + " where id = ?", List.of(id))
                    .get(id));
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    /** Rows until they have {@link #MOST_CHARACTERS}; the last one may go beyond. */
    private Map<Long, Map<String, @Nullable Object>> read(String sql, List<Long> parameters) throws SQLException {
        try (PreparedStatement statement = sqlite.prepareStatement(sql)) {
            for (int i = 0; i < parameters.size(); i++) {
                statement.setLong(i + 1, parameters.get(i));
            }
            Map<Long, Map<String, @Nullable Object>> rows = new TreeMap<>();
            try (ResultSet found = statement.executeQuery()) {
                List<String> columns = columns(found.getMetaData());
                int id = columns.indexOf(LegacyColumn.ID.name()) + 1;
                long characters = 0;
                while (characters < MOST_CHARACTERS && found.next()) {
                    Map<String, @Nullable Object> row = values(found, columns);
                    rows.put(found.getLong(id), row);
                    characters += characters(row);
                }
            }
            return rows;
        }
    }

    /** In a transaction that is short: in rollback-journal mode it holds the application's writes up. */
    private Range range(String sql, List<Long> parameters, int limit) {
        try (Statement transaction = sqlite.createStatement()) {
            transaction.execute("begin");
            try {
                long changeId = SqliteCapture.lastChangeId(sqlite);
                Map<Long, Map<String, @Nullable Object>> rows = read(sql, parameters);
                long characters = rows.values().stream()
                        .mapToLong(LegacyFileStore::characters)
                        .sum();
                return new Range(rows, changeId, rows.size() == limit || characters >= MOST_CHARACTERS);
            } finally {
                transaction.execute("rollback");
            }
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    private static long characters(Map<String, @Nullable Object> row) {
        return row.values().stream().mapToLong(SqliteCapture::size).sum();
    }

    private static List<String> columns(ResultSetMetaData result) throws SQLException {
        List<String> columns = new ArrayList<>();
        for (int i = 1; i <= result.getColumnCount(); i++) {
            columns.add(result.getColumnName(i).toLowerCase(Locale.ROOT));
        }
        return columns;
    }

    private static Map<String, @Nullable Object> values(ResultSet row, List<String> columns) throws SQLException {
        Map<String, @Nullable Object> values = new HashMap<>();
        for (int i = 0; i < columns.size(); i++) {
            values.put(columns.get(i), SqliteCapture.value(row, i + 1));
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

    /** From now on every write to the application's tables fails, with a sentence; it may be repeated. */
    public void fence() {
        List<String> statements = new ArrayList<>();
        for (LegacyTable table : tables()) {
            for (String operation : OPERATIONS) {
                String fence = LegacyColumn.quoted(FENCE + table.table() + "_" + operation);
                statements.add("drop trigger if exists " + fence); // it may be at a table that was renamed
                statements.add("create trigger " + fence + " before " + operation + " on " + table.sql()
                        + " begin select raise(abort, '" + MOVED + "'); end");
            }
        }
        write(statements);
    }

    /** Whether every write to the application's tables fails; those to one that was made anew since do not. */
    public boolean isFenced() {
        List<String> fenced = fences("lower(tbl_name)");
        return tables().stream().allMatch(table -> Collections.frequency(fenced, table.table()) == OPERATIONS.size());
    }

    /** Whether some writes fail. */
    public boolean hasFences() {
        return !fences("name").isEmpty();
    }

    private List<String> fences(String column) {
        return texts("select " + column + " from sqlite_master where type = 'trigger' and substr(name, 1, "
                + FENCE.length() + ") = '" + FENCE + "'");
    }

    /** Lets the application write again; a repeat does nothing. */
    public void unfence() {
        write(fences("name").stream()
                .map(trigger -> "drop trigger " + LegacyColumn.quoted(trigger))
                .toList());
    }

    private void write(List<String> statements) {
        atomically(() -> {
            try (Statement statement = sqlite.createStatement()) {
                for (String sql : statements) {
                    statement.execute(sql);
                }
            }
        });
    }

    @FunctionalInterface
    private interface Statements {
        void run() throws SQLException;
    }

    private void atomically(Statements statements) {
        try (Statement transaction = sqlite.createStatement()) {
            transaction.execute("begin immediate");
            try {
                statements.run();
                transaction.execute("commit");
            } catch (SQLException | RuntimeException e) {
                transaction.execute("rollback");
                throw e;
            }
        } catch (SQLException e) {
            throw new LegacyFileException("the file cannot be written", e);
        }
    }

    /** Writes in one transaction, in which the tables have no triggers: neither a fence nor the application's own. */
    public void writeWithoutTriggers(Runnable writes) {
        atomically(() -> {
            List<String> triggers = triggersOfTables("name");
            List<String> again = triggersOfTables("sql");
            try (Statement statement = sqlite.createStatement()) {
                for (String trigger : triggers) {
                    statement.execute("drop trigger " + LegacyColumn.quoted(trigger));
                }
                writes.run();
                for (String sql : again) {
                    statement.execute(sql);
                }
            }
        });
    }

    private List<String> triggersOfTables(String column) {
        String tables =
                tables().stream().map(table -> "'" + table.table() + "'").collect(Collectors.joining(", "));
        return texts("select " + column + " from sqlite_master where type = 'trigger' and tbl_name collate nocase in ("
                + tables + ") order by name");
    }

    /** Removes a row, if it is there. */
    public void remove(LegacyTable table, long id) {
        try (PreparedStatement delete = sqlite.prepareStatement("delete from " + table.sql() + " where id = ?")) {
            delete.setLong(1, id);
            delete.executeUpdate();
        } catch (SQLException e) {
            throw new LegacyFileException("a row cannot be removed", e);
        }
    }

    /**
     * Adds a row.
     *
     * @param values by column
     * @return why the file does not take it; empty if it does
     */
    public Optional<String> insert(LegacyTable table, Map<String, @Nullable Object> values) {
        return write(
                "insert into " + table.sql() + " ("
                        + values.keySet().stream().map(LegacyColumn::quoted).collect(Collectors.joining(", "))
                        + ") values ("
                        + values.values().stream()
                                .map(value -> value instanceof InvalidText ? "cast(? as text)" : "?")
                                .collect(Collectors.joining(", "))
                        + ")",
                new ArrayList<>(values.values()));
    }

    /**
     * Changes a row.
     *
     * @param values by column
     * @return why the file does not take it; empty if it does
     */
    public Optional<String> update(LegacyTable table, long id, Map<String, @Nullable Object> values) {
        List<@Nullable Object> parameters = new ArrayList<>(values.values());
        parameters.add(id);
        return write(
                "update " + table.sql() + " set "
                        + values.keySet().stream()
                                .map(column -> LegacyColumn.quoted(column) + " = ?")
                                .collect(Collectors.joining(", "))
                        + " where id = ?",
                parameters);
    }

    private Optional<String> write(String sql, List<@Nullable Object> parameters) {
        try (PreparedStatement statement = sqlite.prepareStatement(sql)) {
            for (int i = 0; i < parameters.size(); i++) {
                Object value = parameters.get(i);
                statement.setObject(i + 1, value instanceof InvalidText text ? text.bytes() : value);
            }
            statement.executeUpdate();
            return Optional.empty();
        } catch (SQLException e) {
            if (e.getErrorCode() == SQLiteErrorCode.SQLITE_CONSTRAINT.code) {
                return Optional.of(constraint(e));
            }
            throw new LegacyFileException("the file cannot be written", e);
        }
    }

    /** What SQLite itself says, which names the columns, and no values. */
    private static String constraint(SQLException e) {
        String message = String.valueOf(e.getMessage());
        return message.substring(message.lastIndexOf('(') + 1).replace(")", "");
    }

    /** Other rows that have values which the file has only once: by their ids the columns that have them together. */
    public Map<Long, Set<Set<String>>> conflicting(LegacyTable table, long id, Map<String, @Nullable Object> row) {
        Map<Long, Set<Set<String>>> found = new TreeMap<>();
        for (Set<String> columns : uniques(table)) {
            if (columns.stream().allMatch(column -> row.get(column) != null)) {
                String equal = columns.stream()
                        .map(column -> LegacyColumn.quoted(column) + " = ?")
                        .collect(Collectors.joining(" and "));
                List<@Nullable Object> parameters = new ArrayList<>();
                columns.forEach(column -> parameters.add(row.get(column)));
                parameters.add(id);
                list("select id from " + table.sql() + " where " + equal + " and id <> ?", parameters)
                        .forEach(other -> found.computeIfAbsent(((Number) other).longValue(), first -> new HashSet<>())
                                .add(columns));
            }
        }
        return found;
    }

    /** Columns whose values together are there only once. */
    private List<Set<String>> uniques(LegacyTable table) {
        return texts("select group_concat(lower(c.name), char(31)) from pragma_index_list('" + table.table() + "') i,"
                        + " pragma_index_info(i.name) c where i.\"unique\" group by i.name"
                        + " having count(*) = count(c.name)")
                .stream()
                .map(columns -> Set.copyOf(List.of(columns.split("\u001f")))) // an index may name a column twice
                .toList();
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
