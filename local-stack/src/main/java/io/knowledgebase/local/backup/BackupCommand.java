package io.knowledgebase.local.backup;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kb backup}. */
@Command(
        name = "backup",
        description = {
            "Write the database to a folder, as it is at one moment, while everything runs.",
            "It holds documents, their contents, users, chats and the index. Secrets are in KB_HOME/secrets and not in"
                    + " it; Kafka need not be.",
            ""
        })
public final class BackupCommand implements Callable<Integer> {

    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final long MEBIBYTE = 1024L * 1024;

    @Parameters(
            paramLabel = "FOLDER",
            arity = "0..1",
            description = "Where to write it (default: kb-backup-TIME in this folder).")
    private @Nullable Path folder;

    @Override
    public Integer call() throws IOException {
        Home home = Home.ofEnvironment();
        Terminal terminal = new Terminal();
        Path target = Optional.ofNullable(folder).orElseGet(() -> Path.of("kb-backup-" + STAMP.format(Instant.now())));
        try {
            Manifest manifest = new Backup(home.database(), home.logs().resolve("backup.log")).write(target);
            terminal.done("wrote " + target + ": " + manifest.bytes() / MEBIBYTE + " MiB, "
                    + rows(manifest, "documents") + " documents, " + rows(manifest, "document_chunks") + " chunks");
            terminal.note("kept apart: " + home.folder().resolve("secrets"));
            return ExitCode.OK;
        } catch (SQLException e) {
            throw CommandFailedException.notRunning(
                    "the database cannot be read: " + e.getMessage(),
                    "./kb up --detach starts it, ./kb doctor checks it");
        }
    }

    private static long rows(Manifest manifest, String table) {
        TableDigest digest = manifest.tables().get(table);
        return digest == null ? 0 : digest.rows();
    }
}
