package io.knowledgebase.local.stack;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kb reset}. */
@Command(
        name = "reset",
        description = "Stop everything and delete its data: documents, index, events, secrets, logs. Packages stay.")
public final class ResetCommand implements Callable<Integer> {

    private static final List<String> OURS = List.of("postgres", "kafka", "run", "logs", "secrets", "ports.properties");

    @Option(names = "--yes", description = "Do not ask.")
    private boolean yes;

    @Override
    public Integer call() throws IOException {
        Home home = Home.ofEnvironment();
        Terminal terminal = new Terminal();
        if (!home.ownsPostgres() || !home.ownsKafka()) {
            terminal.note("existing servers (KB_DATABASE_URL, KB_KAFKA_BOOTSTRAP) keep their data");
        }
        if (!yes && !confirmed(home.folder(), terminal)) {
            terminal.note("nothing was deleted");
            return ExitCode.FAILED;
        }
        new Stack(home, terminal).stop();
        for (String name : OURS) {
            Folders.delete(home.folder().resolve(name));
        }
        terminal.done("deleted the data in " + home.folder());
        return ExitCode.OK;
    }

    private static boolean confirmed(Path folder, Terminal terminal) {
        return terminal.ask("This deletes all documents, the index and all events in " + folder + ". Delete? [y/N]")
                .orElseThrow(() -> CommandFailedException.usage(
                        "reset deletes all data in " + folder + " and there is nobody to ask", "repeat with --yes"))
                .toLowerCase(Locale.ROOT)
                .matches("y|yes");
    }
}
