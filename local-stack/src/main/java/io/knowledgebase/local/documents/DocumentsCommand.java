package io.knowledgebase.local.documents;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** {@code kb documents}. */
@Command(name = "documents", description = "List a user's documents, newest first.")
public final class DocumentsCommand implements Callable<Integer> {

    private static final int PAGE = 500;

    @Option(
            names = {"-u", "--user"},
            description = "Whose documents (default: KB_USER, else your login name).")
    private @Nullable String user;

    @Option(
            names = "--status",
            split = ",",
            description = "Only these: accepted, indexed, failed, deleted (default: all but deleted).")
    private List<String> statuses = new ArrayList<>();

    @Option(names = "--source-type", description = "Only this source: upload, notion, …")
    private @Nullable String sourceType;

    @Option(
            names = {"-q", "--text"},
            description = "Only those with this in title or external id.")
    private @Nullable String text;

    @Option(names = "--limit", defaultValue = "50", description = "At most this many (default: ${DEFAULT-VALUE}).")
    private int limit = 50;

    @Option(names = "--json", description = "Print JSON, a document per line.")
    private boolean json;

    @Override
    public Integer call() {
        if (limit < 1) {
            throw CommandFailedException.usage("--limit " + limit + " is too small", "use 1 or more");
        }
        ServiceClient ingest = new ServiceClient(
                Home.ofEnvironment(), Service.INGEST, user == null ? ServiceClient.defaultUser() : user, List.of());
        Terminal terminal = new Terminal();
        List<JsonNode> documents = list(ingest);
        if (json) {
            documents.forEach(terminal::json);
            return ExitCode.OK;
        }
        terminal.table(
                List.of("document", "external id", "status", "reason", "version", "chunks", "updated", ""),
                documents.stream()
                        .map(document -> List.of(
                                document.path("documentId").asString(),
                                document.path("externalId").asString(),
                                document.path("status").asString(),
                                document.path("reason").asString(""),
                                document.path("version").asString(),
                                document.path("chunks").asString(""),
                                Terminal.time(document.path("updatedAt")),
                                remark(document)))
                        .toList());
        return ExitCode.OK;
    }

    private static String remark(JsonNode document) {
        return document.path("detail")
                .asString(document.path("warnings")
                        .valueStream()
                        .map(JsonNode::asString)
                        .collect(Collectors.joining(" ")));
    }

    private List<JsonNode> list(ServiceClient ingest) {
        Map<String, String> parameters = new HashMap<>();
        if (!statuses.isEmpty()) {
            parameters.put("status", String.join(",", statuses));
        }
        if (sourceType != null) {
            parameters.put("sourceType", sourceType);
        }
        if (text != null) {
            parameters.put("q", text);
        }
        List<JsonNode> documents = new ArrayList<>();
        boolean more = true;
        while (more && documents.size() < limit) {
            parameters.put("limit", Integer.toString(Math.min(PAGE, limit - documents.size())));
            JsonNode page = ingest.get("/v1/documents", parameters);
            page.path("documents").forEach(documents::add);
            more = page.path("next").isString();
            if (more) {
                parameters.put("after", page.path("next").asString());
            }
        }
        return documents;
    }
}
