package io.knowledgebase.local.documents;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kb dead-letters}. */
@Command(
        name = "dead-letters",
        description = "Events that could not be processed, and their way back; alone it lists them.")
public final class DeadLettersCommand implements Callable<Integer> {

    @Override
    public Integer call() {
        return list(false);
    }

    @Command(
            name = "list",
            description = "Show the dead letters with their causes, oldest first.",
            mixinStandardHelpOptions = true)
    int list(@Option(names = "--json", description = "Print JSON, a dead letter per line.") boolean json) {
        Terminal terminal = new Terminal();
        List<DeadLetter> letters = DeadLetter.readAll(Home.ofEnvironment().kafkaBootstrap());
        if (json) {
            letters.forEach(terminal::json);
        } else if (letters.isEmpty()) {
            terminal.line("no dead letters");
        } else {
            terminal.table(
                    List.of("time", "topic", "document", "cause"),
                    letters.stream()
                            .map(letter -> List.of(
                                    letter.time().toString(), letter.topic(), letter.documentId(), letter.cause()))
                            .toList());
        }
        return ExitCode.OK;
    }

    @Command(name = "requeue", description = "Process documents once more.", mixinStandardHelpOptions = true)
    int requeue(
            @Parameters(paramLabel = "ID", arity = "1..*", description = "Document ids.") List<UUID> ids,
            @Option(
                            names = {"-u", "--user"},
                            description = "Who asks (default: an administrator).",
                            defaultValue = "kb-operator")
                    String user) {
        ServiceClient ingest = new ServiceClient(Home.ofEnvironment(), Service.INGEST, user, List.of("kb:admin"));
        Terminal terminal = new Terminal();
        for (UUID id : ids) {
            ingest.postJson("/v1/documents/" + id + "/requeue", Map.of());
            terminal.done("requeued " + id);
        }
        return ExitCode.OK;
    }
}
