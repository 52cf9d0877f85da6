package io.knowledgebase.local.generations;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code kb generations}. */
@Command(
        name = "generations",
        description = {
            "Show, promote and drop ways of indexing, of which searches read the live one.",
            "Alone it lists them; kb reindex builds another one."
        })
public final class GenerationsCommand implements Callable<Integer> {

    private static final String NUMBER = "A generation's number.";

    @Override
    public Integer call() {
        return list(false);
    }

    @Command(name = "list", description = "Show how each stands, the newest first.", mixinStandardHelpOptions = true)
    int list(@Option(names = "--json", description = "Print JSON, a generation per line.") boolean json) {
        Terminal terminal = new Terminal();
        List<JsonNode> generations = generations(terminal).all();
        if (json) {
            generations.forEach(terminal::json);
            return ExitCode.OK;
        }
        terminal.table(
                List.of(
                        "generation",
                        "state",
                        "model",
                        "chunks of",
                        "analysis",
                        "documents",
                        "chunks",
                        "lag",
                        "outlook"),
                generations.stream()
                        .map(generation -> List.of(
                                generation.path("generation").asString(),
                                Generations.state(generation),
                                generation.path("model").asString(),
                                generation.path("chunkTokens").asString() + "+"
                                        + generation.path("overlapTokens").asString(),
                                generation.path("analysis").asString(),
                                Generations.done(generation) + "/"
                                        + generation.path("documents").asString(),
                                generation.path("chunks").asString(),
                                Generations.lag(generation),
                                Generations.state(generation).equals("building")
                                        ? Generations.outlook(generation)
                                        : generation.path("detail").asString("")))
                        .toList());
        return ExitCode.OK;
    }

    @Command(
            name = "show",
            description = "Show one generation with what its last verification found.",
            mixinStandardHelpOptions = true)
    int show(
            @Parameters(paramLabel = "N", description = NUMBER) int generation,
            @Option(names = "--json", description = "Print JSON.") boolean json) {
        Terminal terminal = new Terminal();
        JsonNode found = generations(terminal).one(generation);
        if (json) {
            terminal.json(found);
            return ExitCode.OK;
        }
        List<List<String>> rows = new ArrayList<>();
        found.properties().forEach(field -> {
            if (field.getValue().isObject()) {
                field.getValue()
                        .properties()
                        .forEach(inner ->
                                rows.add(List.of(field.getKey() + " " + inner.getKey(), text(inner.getValue()))));
            } else {
                rows.add(List.of(field.getKey(), text(field.getValue())));
            }
        });
        terminal.table(List.of("what", "value"), rows);
        return ExitCode.OK;
    }

    private static String text(JsonNode value) {
        if (value.isArray()) {
            List<String> items = new ArrayList<>();
            value.forEach(item -> items.add(item.asString()));
            return String.join(", ", items);
        }
        return value.isDouble()
                ? String.format(Locale.ROOT, "%.3f", value.asDouble())
                : value.isNull() ? "" : value.asString();
    }

    @Command(
            name = "watch",
            description = "Follow a generation until it is ready, live or failed.",
            mixinStandardHelpOptions = true)
    int watch(@Parameters(paramLabel = "N", description = NUMBER) int generation) {
        return generations(new Terminal()).follow(generation);
    }

    @Command(
            name = "verify",
            description = "Compare a generation with the documents once more, and follow.",
            mixinStandardHelpOptions = true)
    int verify(@Parameters(paramLabel = "N", description = NUMBER) int generation) {
        Generations generations = generations(new Terminal());
        generations.ask(generation, "verify");
        return generations.follow(generation);
    }

    @Command(name = "promote", description = "Let searches read a generation.", mixinStandardHelpOptions = true)
    int promote(@Parameters(paramLabel = "N", description = NUMBER) int generation) {
        Terminal terminal = new Terminal();
        generations(terminal).ask(generation, "promote");
        terminal.done("searches read generation " + generation + " now; ./kb generations rollback goes back");
        return ExitCode.OK;
    }

    @Command(
            name = "rollback",
            description = "Let searches read the generation again that they read before.",
            mixinStandardHelpOptions = true)
    int rollback() {
        Terminal terminal = new Terminal();
        Generations generations = generations(terminal);
        JsonNode live = first(generations.all(), one -> Generations.state(one).equals("live"));
        JsonNode now = generations.ask(live.path("generation").asInt(), "rollback");
        terminal.done("searches read generation " + now.path("generation").asString() + " now");
        return ExitCode.OK;
    }

    @Command(
            name = "drop",
            description = "Remove a generation that is not live, and all that it holds.",
            mixinStandardHelpOptions = true)
    int drop(@Parameters(paramLabel = "N", arity = "1..*", description = NUMBER) List<Integer> numbers) {
        Terminal terminal = new Terminal();
        Generations generations = generations(terminal);
        for (int generation : numbers) {
            generations.drop(generation);
            terminal.done("generation " + generation + " goes");
        }
        return ExitCode.OK;
    }

    private static Generations generations(Terminal terminal) {
        return new Generations(Home.ofEnvironment(), terminal);
    }

    private static JsonNode first(List<JsonNode> generations, Predicate<JsonNode> wanted) {
        return generations.stream()
                .filter(wanted)
                .findFirst()
                .orElseThrow(() -> CommandFailedException.of("no generation is live", "./kb logs embed-service"));
    }
}
