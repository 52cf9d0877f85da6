package io.knowledgebase.local.stack;

import io.knowledgebase.local.backup.Restore;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kb restore}. */
@Command(
        name = "restore",
        description = {
            "Stop everything and put a backup in the place of the database.",
            "The database that was there is kept under another name. The next kb up publishes everything anew, because"
                    + " Kafka may know more than the backup does.",
            ""
        })
public final class RestoreCommand implements Callable<Integer> {

    @Parameters(paramLabel = "FOLDER", description = "What kb backup wrote.")
    private @Nullable Path folder;

    @Option(names = "--yes", description = "Do not ask.")
    private boolean yes;

    @Override
    public Integer call() throws IOException {
        Home home = Home.ofEnvironment();
        Terminal terminal = new Terminal();
        if (home.ownsPostgres() && !home.isClaimed()) {
            throw CommandFailedException.of(
                    "there is no installation in " + home.folder() + " yet", "run ./kb up --detach once, then repeat");
        }
        Restore restore = new Restore(
                Path.of(String.valueOf(folder)), home.database(), home.logs().resolve("backup.log"));
        if (!yes && !confirmed(restore, terminal)) {
            terminal.note("nothing was changed");
            return ExitCode.FAILED;
        }
        Stack stack = new Stack(home, terminal);
        try {
            stack.down(() -> {
                terminal.begun("restoring, its indexes are built anew");
                Optional<String> kept = home.ownsPostgres() ? withPostgres(home, restore) : replace(restore);
                terminal.done("restored and compared, as of " + restore.savedAt());
                kept.ifPresent(name -> terminal.note("the database that was there is now called " + name));
            });
        } catch (RuntimeException e) {
            terminal.note("everything is stopped; ./kb up --detach starts it as it was before");
            throw e;
        }
        terminal.note("./kb up --detach starts it; then everything is published anew");
        return ExitCode.OK;
    }

    private static Optional<String> withPostgres(Home home, Restore restore) {
        PostgresCluster postgres = home.postgres().start();
        try {
            return replace(restore);
        } finally {
            postgres.stop();
        }
    }

    private static Optional<String> replace(Restore restore) {
        try {
            return restore.replace();
        } catch (SQLException e) {
            throw CommandFailedException.of(
                    "the database cannot be restored: " + e.getMessage(), "mend that, then repeat", null, e);
        }
    }

    private static boolean confirmed(Restore restore, Terminal terminal) {
        return terminal.ask("This goes back to " + restore.savedAt() + "; what came since is kept aside, but no longer"
                        + " searched. Restore? [y/N]")
                .orElseThrow(() -> CommandFailedException.usage(
                        "restore goes back to " + restore.savedAt() + " and there is nobody to ask",
                        "repeat with --yes"))
                .toLowerCase(Locale.ROOT)
                .matches("y|yes");
    }
}
