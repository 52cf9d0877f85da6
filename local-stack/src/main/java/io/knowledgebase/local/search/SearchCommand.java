package io.knowledgebase.local.search;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code kb search}. */
@Command(
        name = "search",
        description = "Search a user's documents.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:something was found", "1:nothing was found, or it failed", "3:search-service does not run"})
public final class SearchCommand implements Callable<Integer> {

    private static final int SHOWN_CHARACTERS = 400;

    @Parameters(paramLabel = "QUERY", description = "A question or words.")
    private String query = "";

    @Option(
            names = {"-k", "--top-k"},
            defaultValue = "5",
            description = "How many passages (default: ${DEFAULT-VALUE}).")
    private int topK = 5;

    @Option(
            names = {"-m", "--mode"},
            defaultValue = "hybrid",
            description = "hybrid, dense or lexical (default: ${DEFAULT-VALUE}).")
    private String mode = "hybrid";

    @Option(names = "--source-type", description = "Only from this source: upload, notion, … May be repeated.")
    private List<String> sourceTypes = new ArrayList<>();

    @Option(
            names = {"-u", "--user"},
            description = "Whose documents (default: KB_USER, else your login name).")
    private @Nullable String user;

    @Option(names = "--json", description = "Print the service's answer.")
    private boolean json;

    @Override
    public Integer call() {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("query", query);
        request.put("topK", topK);
        request.put("mode", mode);
        if (!sourceTypes.isEmpty()) {
            request.put("filters", Map.of("sourceType", sourceTypes));
        }
        JsonNode answer = new ServiceClient(
                        Home.ofEnvironment(),
                        Service.SEARCH,
                        user == null ? ServiceClient.defaultUser() : user,
                        List.of())
                .postJson("/v1/search", request);
        Terminal terminal = new Terminal();
        JsonNode results = answer.path("results");
        if (json) {
            terminal.json(answer);
        } else {
            for (int i = 0; i < results.size(); i++) {
                print(terminal, i + 1, results.get(i));
            }
            answer.path("warnings").forEach(warning -> terminal.note(warning.asString()));
            terminal.note(
                    results.size() + " passages in " + answer.path("tookMs").asString() + " ms");
        }
        return results.isEmpty() ? ExitCode.FAILED : ExitCode.OK;
    }

    private static void print(Terminal terminal, int rank, JsonNode result) {
        terminal.line(String.format(
                Locale.ROOT,
                "%2d. %s  (%s%s)",
                rank,
                place(result),
                score("cosine", result.path("denseScore")),
                score("BM25", result.path("lexicalScore"))
                        + result.path("externalId").asString("")));
        String text = result.path("text").asString("").replaceAll("\\s+", " ");
        terminal.line("    "
                + (text.length() <= SHOWN_CHARACTERS
                        ? text
                        : text.substring(0, text.offsetByCodePoints(0, text.codePointCount(0, SHOWN_CHARACTERS)))
                                + "…"));
        terminal.line("");
    }

    /** Title, section and page; sections often begin with the title. */
    private static String place(JsonNode result) {
        String title = result.path("title").asString("");
        String section = result.path("section").asString("");
        String headings = section.startsWith(title) ? section : title + (section.isEmpty() ? "" : " › " + section);
        String page = result.path("page").asString("");
        return (headings.isEmpty() ? result.path("externalId").asString("") : headings)
                + (page.isEmpty() ? "" : ", page " + page);
    }

    private static String score(String name, JsonNode score) {
        return score.isNumber() ? String.format(Locale.ROOT, "%s %.3f; ", name, score.asDouble()) : "";
    }
}
