package io.knowledgebase.local.documents;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.client.ServiceProblemException;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code kb dead-letters}. */
@Command(
        name = "dead-letters",
        description = "Show events that could not be processed, and process them again; alone it lists them.")
public final class DeadLettersCommand implements Callable<Integer> {

    private static final String PATH = "/v1/dead-letters";
    private static final String PAGE = "500";
    private static final int UNAVAILABLE = 503;
    private static final Pattern DOCUMENT_ID = Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");
    private static final Pattern LETTER_ID = Pattern.compile("[\\w.]+-[0-9]+-[0-9]+");

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
        List<JsonNode> letters = letters(ingest(ServiceClient.OPERATOR));
        if (json) {
            letters.forEach(terminal::json);
        } else if (letters.isEmpty()) {
            terminal.line("no dead letters");
        } else {
            terminal.table(
                    List.of("letter", "time", "document", "is now", "cause"),
                    letters.stream()
                            .map(letter -> List.of(
                                    letter.path("id").asString(),
                                    Terminal.time(letter.path("time")),
                                    letter.path("documentId").asString("none"),
                                    letter.path("documentStatus").asString("unknown"),
                                    cause(letter)))
                            .toList());
        }
        return ExitCode.OK;
    }

    @Command(
            name = "show",
            description = "Show one dead letter: its cause, its headers and its event without the document's text.",
            mixinStandardHelpOptions = true)
    int show(
            @Parameters(paramLabel = "ID", description = "A letter's id, or a document's id for its newest letter.")
                    String id,
            @Option(names = "--json", description = "Print JSON.") boolean json) {
        check(id);
        ServiceClient ingest = ingest(ServiceClient.OPERATOR);
        JsonNode letter = letter(ingest, isDocument(id) ? newestOf(ingest, id) : id);
        Terminal terminal = new Terminal();
        if (json) {
            terminal.json(letter);
            return ExitCode.OK;
        }
        List<List<String>> rows = new ArrayList<>();
        for (String name : List.of("id", "time", "key", "documentId", "documentStatus", "version", "attempt")) {
            rows.add(List.of(name, letter.path(name).asString("")));
        }
        rows.add(List.of("cause", cause(letter)));
        rows.add(List.of("bytes", letter.at("/payload/bytes").asString("0")));
        rows.add(List.of("chunks", letter.at("/payload/chunks").asString("")));
        letter.at("/payload/fields")
                .properties()
                .forEach(field -> rows.add(
                        List.of("event " + field.getKey(), field.getValue().asString(""))));
        letter.path("headers")
                .properties()
                .forEach(header -> rows.add(
                        List.of("header " + header.getKey(), header.getValue().asString(""))));
        terminal.table(List.of("what", "value"), rows);
        return ExitCode.OK;
    }

    @Command(name = "requeue", description = "Process documents once more.", mixinStandardHelpOptions = true)
    int requeue(
            @Parameters(paramLabel = "ID", arity = "1..*", description = "Ids of documents or of dead letters.")
                    List<String> ids,
            @Option(
                            names = {"-u", "--user"},
                            description = "Who asks (default: an administrator).",
                            defaultValue = ServiceClient.OPERATOR)
                    String user) {
        ids.forEach(DeadLettersCommand::check);
        ServiceClient ingest = ingest(user);
        Set<String> documentIds = new LinkedHashSet<>(); // several letters may be of one document
        for (String id : ids) {
            documentIds.add(isDocument(id) ? id : documentOf(letter(ingest, id)));
        }
        Terminal terminal = new Terminal();
        for (String documentId : documentIds) {
            ingest.postJson("/v1/documents/" + documentId + "/requeue", Map.of());
            terminal.done("requeued " + documentId);
        }
        return ExitCode.OK;
    }

    private static ServiceClient ingest(String user) {
        return new ServiceClient(Home.ofEnvironment(), Service.INGEST, user, List.of(ServiceClient.ADMIN));
    }

    private static void check(String id) {
        if (!isDocument(id) && !LETTER_ID.matcher(id).matches()) {
            throw CommandFailedException.usage(
                    id + " is the id of neither a document nor a dead letter", "kb dead-letters shows both");
        }
    }

    private static boolean isDocument(String id) {
        return DOCUMENT_ID.matcher(id).matches();
    }

    private static List<JsonNode> letters(ServiceClient ingest) {
        List<JsonNode> letters = new ArrayList<>();
        Map<String, String> parameters = new HashMap<>(Map.of("limit", PAGE));
        boolean more = true;
        while (more) {
            JsonNode page = get(ingest, PATH, parameters);
            page.path("deadLetters").forEach(letters::add);
            more = page.path("next").isString();
            if (more) {
                parameters.put("after", page.path("next").asString());
            }
        }
        return letters;
    }

    private static JsonNode letter(ServiceClient ingest, String id) {
        return get(ingest, PATH + "/" + id, Map.of());
    }

    /** Without Kafka the service answers, but what the command needs is not running. */
    private static JsonNode get(ServiceClient ingest, String path, Map<String, String> parameters) {
        try {
            return ingest.get(path, parameters);
        } catch (ServiceProblemException e) {
            if (e.status() == UNAVAILABLE) {
                throw CommandFailedException.notRunning(
                        String.valueOf(e.getMessage()), "./kb status shows what does not run");
            }
            throw e;
        }
    }

    private static String newestOf(ServiceClient ingest, String documentId) {
        return letters(ingest).stream()
                .filter(letter -> letter.path("documentId").asString("").equalsIgnoreCase(documentId))
                .reduce((older, newer) -> newer)
                .orElseThrow(() -> CommandFailedException.of(
                        "the document " + documentId + " has no dead letter", "kb dead-letters shows those that have"))
                .path("id")
                .asString();
    }

    private static String documentOf(JsonNode letter) {
        String documentId = letter.path("documentId").asString("");
        if (documentId.isEmpty()) {
            throw CommandFailedException.of(
                    "the dead letter " + letter.path("id").asString() + " is of no document",
                    "kb dead-letters show tells what it holds");
        }
        return documentId;
    }

    private static String cause(JsonNode letter) {
        String className = letter.at("/cause/class").asString("");
        String message = letter.at("/cause/message").asString("");
        String simpleName = className.substring(className.lastIndexOf('.') + 1);
        return className.isEmpty() && message.isEmpty()
                ? "unknown"
                : simpleName + (className.isEmpty() || message.isEmpty() ? "" : ": ") + message;
    }
}
