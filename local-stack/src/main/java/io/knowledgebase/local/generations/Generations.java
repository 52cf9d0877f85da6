package io.knowledgebase.local.generations;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Progress;
import io.knowledgebase.local.terminal.Terminal;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;

/** The generations of an embed service, asked for as an operator. */
public final class Generations {

    private static final String PATH = "/v1/generations";
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final long POLL_MS = 1_000;
    private static final long SECONDS_PER_MINUTE = 60;

    private final ServiceClient embed;
    private final Terminal terminal;

    public Generations(Home home, Terminal terminal) {
        this.embed = new ServiceClient(home, Service.EMBED, ServiceClient.OPERATOR, List.of(ServiceClient.ADMIN));
        this.terminal = terminal;
    }

    /** The newest first. */
    public List<JsonNode> all() {
        return StreamSupport.stream(
                        embed.get(PATH, Map.of()).path("generations").spliterator(), false)
                .toList();
    }

    public JsonNode one(int generation) {
        return embed.get(PATH + "/" + generation, Map.of());
    }

    public JsonNode create(Map<String, Object> wish) {
        return embed.postJson(PATH, wish);
    }

    /** Does what a generation offers, such as promote. */
    public JsonNode ask(int generation, String transition) {
        return embed.postJson(PATH + "/" + generation + "/" + transition, Map.of());
    }

    public void drop(int generation) {
        embed.delete(PATH + "/" + generation);
    }

    /** Shows how a generation comes along until it is ready, live or failed; its exit code says which. */
    public int follow(int generation) {
        JsonNode now = latest(generation);
        try (Progress progress = Progress.at(terminal, "generation " + generation, "documents")) {
            while (isUnderWay(now)) {
                progress.show(done(now), now.path("documents").asLong(), outlook(now));
                pause();
                now = latest(generation);
            }
        }
        return conclude(now);
    }

    private JsonNode latest(int generation) {
        return ServiceClient.patiently(PATIENCE, () -> one(generation), terminal::begun);
    }

    private static boolean isUnderWay(JsonNode generation) {
        return switch (state(generation)) {
            case "building", "indexing", "verifying" -> true;
            case "ready" -> generation.path("promoteWhenReady").asBoolean();
            default -> false;
        };
    }

    private int conclude(JsonNode generation) {
        int number = generation.path("generation").asInt();
        switch (state(generation)) {
            case "live" ->
                terminal.done("searches read generation " + number + " now; ./kb generations rollback"
                        + " goes back to the one before");
            case "ready" ->
                terminal.done("generation " + number + " is ready; ./kb generations promote " + number
                        + " lets searches read it");
            case "failed" -> {
                terminal.failed(
                        "generation " + number + " failed its verification: "
                                + generation.path("detail").asString(""),
                        "./kb generations show " + number
                                + " has examples; when they are mended ./kb generations verify " + number
                                + ", or ./kb generations drop " + number,
                        null);
                return ExitCode.FAILED;
            }
            default -> {
                terminal.failed(
                        "generation " + number + " is " + state(generation), "./kb generations lists all", null);
                return ExitCode.FAILED;
            }
        }
        return ExitCode.OK;
    }

    static String state(JsonNode generation) {
        return generation.path("state").asString("unknown");
    }

    static long done(JsonNode generation) {
        return generation.path("indexed").asLong() + generation.path("failed").asLong();
    }

    /** Rate and remaining time as far as they are known. */
    static String outlook(JsonNode generation) {
        String state = state(generation);
        if (!state.equals("building")) {
            return state;
        }
        String rate = String.format(
                Locale.ROOT, "%.1f/s", generation.path("documentsPerSecond").asDouble());
        JsonNode seconds = generation.path("remainingSeconds");
        return rate + (seconds.isMissingNode() ? "" : ", " + duration(seconds.asLong()) + " left") + ", lag "
                + lag(generation);
    }

    /** Events that it has not consumed, of all topics. */
    static String lag(JsonNode generation) {
        JsonNode lag = generation.path("lag");
        if (!lag.isObject()) {
            return "unknown";
        }
        long sum = 0;
        for (JsonNode events : lag) {
            sum += events.asLong();
        }
        return Long.toString(sum);
    }

    private static String duration(long seconds) {
        return seconds < SECONDS_PER_MINUTE
                ? seconds + " s"
                : Math.round((double) seconds / SECONDS_PER_MINUTE) + " min";
    }

    static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandFailedException.of(
                    "interrupted", "what it began goes on; ./kb generations shows how far it is");
        }
    }
}
