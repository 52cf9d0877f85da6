package io.knowledgebase.local.documents;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kb delete}. */
@Command(name = "delete", description = "Delete documents; no search finds them from then on.")
public final class DeleteCommand implements Callable<Integer> {

    @Parameters(paramLabel = "ID", arity = "1..*", description = "Document ids, as kb documents shows them.")
    private List<UUID> ids = new ArrayList<>();

    @Option(
            names = {"-u", "--user"},
            description = "Whose documents (default: KB_USER, else your login name).")
    private @Nullable String user;

    @Override
    public Integer call() {
        ServiceClient ingest = new ServiceClient(
                Home.ofEnvironment(), Service.INGEST, user == null ? ServiceClient.defaultUser() : user, List.of());
        Terminal terminal = new Terminal();
        for (UUID id : ids) {
            ingest.delete("/v1/documents/" + id);
            terminal.done("deleted " + id);
        }
        return ExitCode.OK;
    }
}
