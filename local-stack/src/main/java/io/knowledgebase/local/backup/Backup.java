package io.knowledgebase.local.backup;

import io.knowledgebase.local.home.DatabaseAddress;
import io.knowledgebase.local.servers.PostgresClient;
import io.knowledgebase.local.terminal.CommandFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Writes a database to a folder, as it is at one moment, while it is being used. */
final class Backup {

    private final DatabaseAddress database;
    private final Path log;

    /** @param log where PostgreSQL's programs write */
    Backup(DatabaseAddress database, Path log) {
        this.database = database;
        this.log = log;
    }

    /** The folder appears once the backup is whole. */
    Manifest write(Path folder) throws IOException, SQLException {
        if (Files.exists(folder)) {
            throw CommandFailedException.usage(folder + " exists already", "name a folder that does not");
        }
        Path unfinished = Files.createTempDirectory(
                Files.createDirectories(folder.toAbsolutePath().getParent()),
                folder.getFileName() + ".unfinished",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try {
            Manifest manifest = dump(unfinished);
            manifest.write(unfinished);
            Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
            return manifest;
        } finally {
            Files.deleteIfExists(Manifest.dump(unfinished));
            Files.deleteIfExists(unfinished);
        }
    }

    private Manifest dump(Path folder) throws IOException, SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            String snapshot;
            String server;
            try (ResultSet row =
                    statement.executeQuery("select pg_export_snapshot(), current_setting('server_version')")) {
                row.next();
                snapshot = row.getString(1);
                server = row.getString(2);
            }
            Instant time = Instant.now();
            Path dump = Manifest.dump(folder);
            PostgresClient client = new PostgresClient(log);
            client.run(
                    database.password(),
                    List.of(
                            "pg_dump",
                            "--dbname=" + database.libpqUrl(),
                            "--no-password",
                            "--format=custom",
                            "--snapshot=" + snapshot,
                            "--file=" + dump));
            Map<String, TableDigest> tables = TableDigest.ofTables(connection);
            client.run("", List.of("pg_restore", "--file=/dev/null", dump.toString()));
            return new Manifest(time, server, Files.size(dump), Manifest.sha256(dump), tables);
        }
    }
}
