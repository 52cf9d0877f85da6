package io.knowledgebase.local.backup;

import io.knowledgebase.local.home.DatabaseAddress;
import io.knowledgebase.local.servers.PostgresClient;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.schemas.database.Database;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.flywaydb.core.api.FlywayException;

/**
 * Puts a backup in the place of a database. It is restored beside, compared with its manifest and brought to this
 * release; only then do the two change names, and what was there stays under another one. Kafka may know more than a
 * backup, so everything is to be published anew before anything is indexed.
 */
public final class Restore {

    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd_HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final Path backup;
    private final Manifest manifest;
    private final DatabaseAddress database;
    private final Path log;

    /**
     * Reads what a backup holds.
     *
     * @param backup a folder that {@code kb backup} wrote
     * @param log where PostgreSQL's programs write
     * @throws CommandFailedException if it is none, or not as it was written
     */
    public Restore(Path backup, DatabaseAddress database, Path log) throws IOException {
        this.backup = backup;
        this.manifest = Manifest.read(backup);
        this.database = database;
        this.log = log;
    }

    /** The moment that the backup is of. */
    public Instant savedAt() {
        return manifest.createdAt();
    }

    /**
     * Replaces the database, which nobody may be using.
     *
     * @return the name under which the one is kept that was there; empty if none was
     */
    public Optional<String> replace() throws SQLException {
        String name = database.name();
        DatabaseAddress beside = database.named(name + "_restoring");
        try (Connection server = database.named("postgres").connect()) {
            requireNoServices(server);
            execute(server, "drop database if exists %s with (force)", beside.name());
            execute(server, "create database %s", beside.name());
            Database.ensureRoles(beside.jdbcUrl(), beside.user(), beside.password());
            new PostgresClient(log)
                    .run(
                            beside.password(),
                            List.of(
                                    "pg_restore",
                                    "--dbname=" + beside.libpqUrl(),
                                    "--no-password",
                                    "--exit-on-error",
                                    "--jobs=2",
                                    Manifest.dump(backup).toString()));
            compare(beside);
            bringUpToDate(beside);
            Optional<String> kept = exists(server, name)
                    ? Optional.of(name + "_replaced_" + STAMP.format(Instant.now()))
                    : Optional.empty();
            if (kept.isPresent()) {
                execute(server, "alter database %s rename to %s", name, kept.get());
            }
            execute(server, "alter database %s rename to %s", beside.name(), name);
            return kept;
        }
    }

    private void requireNoServices(Connection server) throws SQLException {
        try (PreparedStatement statement = server.prepareStatement(
                "select string_agg(distinct usename || ' from ' || coalesce(host(client_addr), 'here'), ', ')"
                        + " from pg_stat_activity where datname = ?")) {
            statement.setString(1, database.name());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                if (row.getString(1) != null) {
                    throw CommandFailedException.of(
                            "the database is in use: " + row.getString(1), "stop the services first, then repeat");
                }
            }
        }
    }

    private void compare(DatabaseAddress restored) throws SQLException {
        try (Connection connection = restored.connect()) {
            Map<String, TableDigest> found = TableDigest.ofTables(connection);
            TreeSet<String> differing = new TreeSet<>(manifest.tables().keySet());
            differing.addAll(found.keySet());
            differing.removeIf(table -> found.containsKey(table)
                    && found.get(table).equals(manifest.tables().get(table)));
            if (!differing.isEmpty()) {
                throw CommandFailedException.of(
                        "the restored database differs from what was saved, in " + differing,
                        "nothing was replaced; take another backup");
            }
        }
    }

    private void bringUpToDate(DatabaseAddress restored) throws SQLException {
        try {
            Database.migrate(restored.jdbcUrl(), restored.user(), restored.password());
        } catch (FlywayException e) {
            throw CommandFailedException.of(
                    "the backup does not fit this release: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
                    "nothing was replaced; restore it with the release that made it",
                    log,
                    e);
        }
        try (Connection connection = restored.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("update publication set republish = true");
        }
    }

    private static boolean exists(Connection server, String name) throws SQLException {
        try (PreparedStatement statement = server.prepareStatement("select from pg_database where datname = ?")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }

    private static void execute(Connection server, String sql, String... names) throws SQLException {
        try (Statement statement = server.createStatement()) {
            Object[] quoted = new Object[names.length];
            for (int i = 0; i < names.length; i++) {
                quoted[i] = statement.enquoteIdentifier(names[i], true);
            }
            statement.execute(sql.formatted(quoted));
        }
    }
}
