package io.knowledgebase.sqlite;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import org.sqlite.SQLiteConfig;

/** A copy of an export, which nobody writes any more. */
final class ExportFile implements AutoCloseable {

    private final Connection sqlite;

    private ExportFile(Connection sqlite) {
        this.sqlite = sqlite;
    }

    static ExportFile open(Path copy) throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setReadOnly(true);
        return new ExportFile(config.createConnection("jdbc:sqlite:" + copy));
    }

    Optional<Table> table(String name) throws SQLException {
        return Table.read(sqlite, name);
    }

    RowCursor rows(Table table, Optional<Key> after) throws SQLException {
        return RowCursor.open(sqlite, table, table.columns(), after);
    }

    /** Why the tables cannot be compared with those of other exports; empty if they can. */
    static Optional<String> fault(Path copy, List<String> tables) {
        try (ExportFile file = open(copy)) {
            Optional<String> damage = file.damage();
            if (damage.isPresent()) {
                return damage.map(text -> "is damaged: " + text);
            }
            for (String name : tables) {
                Optional<Table> table = file.table(name);
                if (table.isPresent()) {
                    file.readKeys(table.get());
                }
            }
            return Optional.empty();
        } catch (CaptureException e) {
            return Optional.of("cannot be compared: " + e.getMessage());
        } catch (SQLException e) {
            return Optional.of("cannot be read: " + e.getMessage());
        }
    }

    private Optional<String> damage() throws SQLException {
        try (Statement statement = sqlite.createStatement()) {
            statement.execute(
                    "pragma ignore_check_constraints = on"); // what the application did not check is no damage
            try (ResultSet findings = statement.executeQuery("pragma quick_check")) {
                while (findings.next()) {
                    String finding = findings.getString(1);
                    if (!finding.equals("ok") && !finding.startsWith("NULL value in ")) {
                        return Optional.of(finding.lines().findFirst().orElse(finding));
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** Reads the keys once: the cursor tells if one is missing or out of order. */
    private void readKeys(Table table) throws SQLException {
        try (RowCursor keys = RowCursor.open(sqlite, table, table.key(), Optional.empty())) {
            while (keys.key() != null) {
                keys.advance();
            }
        }
    }

    @Override
    public void close() throws SQLException {
        sqlite.close();
    }
}
