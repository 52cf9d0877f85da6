package io.knowledgebase.local.notion;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.client.ServiceProblemException;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Progress;
import io.knowledgebase.local.terminal.Terminal;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A user's connections to Notion, asked for at the ingest service. */
final class Notion {

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final long POLL_MS = 500;
    private static final int CONFLICT = 409;
    private static final int UNPROCESSABLE = 422;
    private static final int LATEST = 20;

    private final ServiceClient ingest;
    private final Terminal terminal;

    Notion(Home home, String user, Terminal terminal) {
        this.ingest = new ServiceClient(home, Service.INGEST, user, List.of(ServiceClient.ADMIN));
        this.terminal = terminal;
    }

    JsonNode connect(Map<String, Object> wish) {
        try {
            return ingest.postJson("/v1/notion/connections", wish);
        } catch (ServiceProblemException e) {
            if (e.status() != UNPROCESSABLE) {
                throw e;
            }
            throw CommandFailedException.of(
                    String.valueOf(e.getMessage()),
                    "copy the token from the integration's page at Notion, then repeat",
                    null,
                    e);
        }
    }

    void disconnect(String connectionId) {
        ingest.delete("/v1/notion/connections/" + connectionId);
    }

    List<JsonNode> connections() {
        return list(ingest.get("/v1/notion/connections", Map.of()).path("connections"));
    }

    /** The pages of a connection that are in a state; null for any. */
    Stream<JsonNode> pages(String connectionId, @Nullable String state) {
        Map<String, String> query = new HashMap<>();
        if (state != null) {
            query.put("state", state);
        }
        return Stream.iterate(
                        pagesOf(connectionId, query),
                        Objects::nonNull,
                        answer -> answer.path("next").isString()
                                ? pagesOf(
                                        connectionId,
                                        with(query, answer.path("next").stringValue()))
                                : null)
                .flatMap(answer -> list(answer.path("pages")).stream());
    }

    private JsonNode pagesOf(String connectionId, Map<String, String> query) {
        return ingest.get("/v1/notion/connections/" + connectionId + "/pages", query);
    }

    private static Map<String, String> with(Map<String, String> query, String after) {
        query.put("after", after);
        return query;
    }

    List<JsonNode> syncs(int limit) {
        return list(ingest.get("/v1/notion/syncs", Map.of("limit", Integer.toString(limit)))
                .path("syncs"));
    }

    /** Begins a sync of each connection that is meant, or answers those that are under way already. */
    List<JsonNode> sync(Map<String, Object> wish) {
        try {
            return list(ingest.postJson("/v1/notion/sync", wish).path("syncs"));
        } catch (ServiceProblemException e) {
            if (e.status() != CONFLICT) {
                throw e;
            }
            if (connections().isEmpty()) {
                throw CommandFailedException.of("no connection", "./kb notion connect makes one");
            }
            List<JsonNode> underWay = syncs(LATEST).stream()
                    .filter(sync ->
                            isUnderWay(sync) && sync.path("kind").asString("").equals("all"))
                    .filter(sync -> doesWhatIsWanted(sync, wish))
                    .toList();
            if (underWay.isEmpty()) {
                throw e;
            }
            return underWay;
        }
    }

    private static boolean doesWhatIsWanted(JsonNode sync, Map<String, Object> wish) {
        Object connectionId = wish.get("connectionId");
        return !wish.containsKey("pageIds")
                && (connectionId == null
                        || connectionId
                                .toString()
                                .equals(sync.path("connectionId").asString("")))
                && (!Boolean.TRUE.equals(wish.get("reread"))
                        || sync.path("reread").asBoolean(false));
    }

    JsonNode openVerification(int seconds) {
        return ingest.postJson("/v1/notion/verifications", Map.of("seconds", seconds));
    }

    JsonNode verification(String windowId) {
        return patiently("/v1/notion/verifications/" + windowId);
    }

    void closeVerification(String windowId) {
        ingest.delete("/v1/notion/verifications/" + windowId);
    }

    /** Shows how a sync comes along; its exit code says how it ended. */
    int follow(JsonNode begun) {
        JsonNode now = begun;
        try (Progress progress =
                Progress.at(terminal, "sync " + begun.path("runId").asString(), "done")) {
            while (isUnderWay(now)) {
                long done = now.path("unchanged").asLong()
                        + now.path("changed").asLong()
                        + now.path("deleted").asLong()
                        + now.path("failed").asLong();
                boolean waiting = now.path("state").asString("").equals("waiting");
                JsonNode connection = patiently(
                        "/v1/notion/connections/" + begun.path("connectionId").asString());
                requireActive(connection);
                progress.show(
                        waiting ? 0 : done,
                        now.path("expected").asLong(),
                        now.path("state").asString("") + (isPaused(connection) ? ", " + pause(connection) : ""));
                pause();
                now = patiently("/v1/notion/syncs/" + begun.path("runId").asString());
            }
        }
        if (now.path("state").asString("").equals("success")) {
            terminal.done(counts(now));
            return ExitCode.OK;
        }
        terminal.failed(
                counts(now),
                "pages keep the text they had, and are tried again by themselves; ./kb notion pages shows them",
                null);
        now.path("failures").forEach(failure -> terminal.note(failure.asString("")));
        return ExitCode.FAILED;
    }

    private JsonNode patiently(String path) {
        return ServiceClient.patiently(PATIENCE, () -> ingest.get(path, Map.of()), terminal::begun);
    }

    /** A sync of a connection that is not read does not end by itself. */
    private static void requireActive(JsonNode connection) {
        if (!"active".equals(connection.path("state").asString(""))) {
            throw CommandFailedException.of(
                    "the connection is " + connection.path("state").asString("") + ": "
                            + connection.path("detail").asString(""),
                    "./kb notion connect with a valid token; the sync then goes on by itself");
        }
    }

    static boolean isPaused(JsonNode connection) {
        return !connection.path("pausedUntil").asString("").isEmpty();
    }

    /** Why a paused connection is not read now. */
    static String pause(JsonNode connection) {
        String detail = connection.path("detail").asString("");
        return "Notion is left in peace until " + Terminal.time(connection.path("pausedUntil"))
                + (detail.isEmpty() ? "" : ": " + detail);
    }

    static boolean isUnderWay(JsonNode sync) {
        String state = sync.path("state").asString("");
        return state.equals("waiting") || state.equals("reading");
    }

    static String counts(JsonNode sync) {
        return Terminal.counted(sync.path("expected").asLong(), "page") + ": "
                + sync.path("unchanged").asString("") + " unchanged, "
                + sync.path("changed").asString("") + " changed, "
                + sync.path("deleted").asString("") + " deleted, "
                + sync.path("failed").asString("") + " failed; "
                + sync.path("fetched").asString("") + " read";
    }

    static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandFailedException.of("interrupted", "what it began goes on; ./kb notion status shows it");
        }
    }

    private static List<JsonNode> list(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).toList();
    }
}
