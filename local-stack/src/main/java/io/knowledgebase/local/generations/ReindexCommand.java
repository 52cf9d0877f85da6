package io.knowledgebase.local.generations;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** {@code kb reindex}. */
@Command(
        name = "reindex",
        description = {
            "Index all documents again, beside the live index, and follow until it is ready.",
            "Searches and uploads go on; what is not named is as in the live generation.",
            ""
        })
public final class ReindexCommand implements Callable<Integer> {

    @Option(
            names = "--model",
            paramLabel = "NAME",
            description = "all-minilm-l6-v2-int8, all-minilm-l6-v2-fp32, or a folder below kb.generation.models.")
    private @Nullable String model;

    @Option(names = "--chunk-tokens", paramLabel = "N", description = "Word pieces of a chunk to aim at.")
    private @Nullable Integer chunkTokens;

    @Option(names = "--overlap-tokens", paramLabel = "N", description = "Word pieces that a chunk repeats at the most.")
    private @Nullable Integer overlapTokens;

    @Option(
            names = "--analysis",
            paramLabel = "NAME",
            description = "Language whose words are stemmed: english, german, french, spanish, or plain for none.")
    private @Nullable String analysis;

    @Option(names = "--fresh-vectors", description = "Compute every vector anew, because those there are suspect.")
    private boolean freshVectors;

    @Option(names = "--promote-when-ready", description = "Let searches read it as soon as it is verified.")
    private boolean promoteWhenReady;

    @Option(
            names = {"-d", "--detach"},
            description = "Begin and return; ./kb generations watch N follows.")
    private boolean detach;

    @Override
    public Integer call() {
        Terminal terminal = new Terminal();
        Generations generations = new Generations(Home.ofEnvironment(), terminal);
        Map<String, Object> wish = new LinkedHashMap<>();
        put(wish, "model", model);
        put(wish, "chunkTokens", chunkTokens);
        put(wish, "overlapTokens", overlapTokens);
        put(wish, "analysis", analysis);
        wish.put("freshVectors", freshVectors);
        wish.put("promoteWhenReady", promoteWhenReady);
        JsonNode created = generations.create(wish);
        int number = created.path("generation").asInt();
        terminal.done("generation " + number + " is being built: model "
                + created.path("model").asString() + ", chunks of "
                + created.path("chunkTokens").asString() + "+"
                + created.path("overlapTokens").asString() + " word pieces, analysis "
                + created.path("analysis").asString());
        if (detach) {
            terminal.note("./kb generations watch " + number + " follows");
            return ExitCode.OK;
        }
        terminal.note("it goes on if this command ends");
        return generations.follow(number);
    }

    private static void put(Map<String, Object> wish, String name, @Nullable Object value) {
        if (value != null) {
            wish.put(name, value);
        }
    }
}
