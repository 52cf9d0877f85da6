package io.knowledgebase.local.stack;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kb reset}. */
@Command(
        name = "reset",
        description = "Stop everything and delete its data: documents, index, events, secrets, logs. Packages stay.")
public final class ResetCommand implements Callable<Integer> {

    @Option(names = "--yes", description = "Do not ask.")
    private boolean yes;

    @Override
    public Integer call() {
        Home home = Home.ofEnvironment();
        Terminal terminal = new Terminal();
        if (!Files.exists(home.folder())) {
            terminal.note("there is nothing in " + home.folder());
            return ExitCode.OK;
        }
        if (!home.isClaimed()) {
            throw CommandFailedException.of(
                    home.folder() + " was not made by kb up: what is in it may be somebody else's",
                    "set KB_HOME to the folder that kb up was started with");
        }
        if (!home.ownsPostgres() || !home.ownsKafka()) {
            terminal.note("existing servers (KB_DATABASE_URL, KB_KAFKA_BOOTSTRAP) keep their data");
        }
        if (!yes && !confirmed(home.folder(), terminal)) {
            terminal.note("nothing was deleted");
            return ExitCode.FAILED;
        }
        new Stack(home, terminal).down(() -> delete(home));
        terminal.done("deleted the data in " + home.folder());
        return ExitCode.OK;
    }

    private static void delete(Home home) {
        try {
            for (String name : Home.CONTENTS) {
                Folders.delete(home.folder().resolve(name));
            }
        } catch (IOException e) {
            throw CommandFailedException.of(
                    home.folder() + " cannot be emptied: " + e.getMessage(), "repeat as its owner", null, e);
        }
    }

    private static boolean confirmed(Path folder, Terminal terminal) {
        return terminal.ask("This deletes all documents, the index and all events in " + folder + ". Delete? [y/N]")
                .orElseThrow(() -> CommandFailedException.usage(
                        "reset deletes all data in " + folder + " and there is nobody to ask", "repeat with --yes"))
                .toLowerCase(Locale.ROOT)
                .matches("y|yes");
    }
}
