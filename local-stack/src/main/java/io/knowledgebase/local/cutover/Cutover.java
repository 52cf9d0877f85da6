package io.knowledgebase.local.cutover;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.client.ServiceProblemException;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.Progress;
import io.knowledgebase.local.terminal.Terminal;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The move, asked for at the ingest service. */
public final class Cutover {

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final long POLL_MS = 500;
    private static final String BASE = "/v1/cutover";

    /** What mends a field of a source. */
    private static final Map<String, String> OPTIONS = Map.of(
            "sqlite", "correct --sqlite",
            "exports", "correct --exports",
            "qdrant.url", "start Qdrant or correct --qdrant",
            "qdrant.collection", "correct --collection",
            "qdrant.vector", "correct --vector",
            "qdrant.apiKey", "correct --api-key-file",
            "qdrant.unownedTo", "correct --unowned-to");

    private final ServiceClient ingest;
    private final Terminal terminal;

    public Cutover(Home home, Terminal terminal) {
        this.ingest = new ServiceClient(home, Service.INGEST, ServiceClient.OPERATOR, List.of(ServiceClient.ADMIN));
        this.terminal = terminal;
    }

    /** As the service tells it. */
    public JsonNode status() {
        return ingest.get(BASE, Map.of());
    }

    /** As the service tells it, once it is there again. */
    public JsonNode awaitStatus() {
        return ServiceClient.patiently(PATIENCE, () -> ingest.get(BASE, Map.of()), terminal::begun);
    }

    /** All that is known of the move. */
    public JsonNode report() {
        return ingest.get(BASE + "/report", Map.of());
    }

    /**
     * What is in a file, and perhaps in a collection.
     *
     * @param source as the service takes it
     */
    public JsonNode inspect(Map<String, Object> source) {
        return postSource("/inspect", source);
    }

    /**
     * Begins with a file, or exports of it, and perhaps a collection.
     *
     * @param source as the service takes it
     */
    public JsonNode start(Map<String, Object> source) {
        return postSource("/start", source);
    }

    private JsonNode postSource(String path, Map<String, Object> source) {
        try {
            return ingest.postJson(BASE + path, source);
        } catch (ServiceProblemException e) {
            String mend = OPTIONS.get(e.field());
            throw mend == null ? e : e.mendedBy(mend);
        }
    }

    private JsonNode postWish(String path, Map<String, Object> wish) {
        try {
            return ingest.postJson(BASE + path, wish);
        } catch (ServiceProblemException e) {
            boolean isIdle = e.status() == HttpURLConnection.HTTP_CONFLICT
                    && status().path("state").asString("").equals("idle");
            throw isIdle ? e.mendedBy("start it first: ./kb cutover start --sqlite FILE") : e;
        }
    }

    /** A page of the points that are in no document. */
    JsonNode points(@Nullable String reason, String after, int limit) {
        Map<String, String> parameters = new HashMap<>(Map.of("after", after, "limit", Integer.toString(limit)));
        if (reason != null) {
            parameters.put("reason", reason);
        }
        return ingest.get(BASE + "/points", parameters);
    }

    /** A page of the documents that were added or changed since the cutover; after an id, or the first one. */
    JsonNode newDocuments(@Nullable String after, int limit) {
        Map<String, String> parameters = new HashMap<>(Map.of("limit", Integer.toString(limit)));
        if (after != null) {
            parameters.put("after", after);
        }
        return ingest.get(BASE + "/documents", parameters);
    }

    /** A page of texts of points that are in documents of a user. */
    public JsonNode texts(String user, String after, int limit) {
        return ingest.get(
                BASE + "/points/texts", Map.of("user", user, "after", after, "limit", Integer.toString(limit)));
    }

    /** What was asked last by users who have documents from Qdrant. */
    public JsonNode questions(int limit) {
        return ingest.get(BASE + "/questions", Map.of("limit", Integer.toString(limit)));
    }

    /** Whether points of Qdrant's are imported in this move. */
    public boolean hasPoints() {
        return status().path("qdrant").isObject();
    }

    /** Shows how the rows arrive; returns when changes follow. */
    public JsonNode awaitStreaming() {
        JsonNode now = awaitStatus();
        try (Progress progress = Progress.at(terminal, "reading", "rows")) {
            while (now.path("state").asString("").equals("snapshotting")) {
                progress.show(
                        sum(now, "rowsRead"),
                        sum(now, "rowsAtStart"),
                        now.path("problem").asString(""));
                pause();
                now = awaitStatus();
            }
        }
        return now;
    }

    /** Shows how Qdrant's points arrive; returns when all that were there can be found. */
    public JsonNode awaitImport() {
        JsonNode now = awaitStatus();
        try (Progress progress = Progress.at(terminal, "reading", "points")) {
            while (!now.at("/qdrant/phase").asString("").equals("done")) {
                progress.show(
                        now.at("/qdrant/changes/pointsRead").asLong(0),
                        now.at("/qdrant/pointsThere").asLong(0),
                        now.path("problem").asString(""));
                pause();
                now = awaitStatus();
            }
        }
        long all = now.at("/qdrant/indexing/waiting").asLong();
        try (Progress progress = Progress.at(terminal, "indexing", "documents")) {
            while (now.at("/qdrant/indexing/waiting").asLong() > 0) {
                progress.show(
                        Math.max(0, all - now.at("/qdrant/indexing/waiting").asLong()), all, "");
                pause();
                now = awaitStatus();
            }
        }
        return now;
    }

    private static long sum(JsonNode status, String field) {
        return status.path("tables").values().stream()
                .mapToLong(table -> table.path(field).asLong())
                .sum();
    }

    /** Makes PostgreSQL the one that is written to; returns when it is, or cannot be. */
    public JsonNode complete(boolean force) {
        JsonNode now = postWish("/complete", Map.of("force", force));
        JsonNode exports = now.path("exports");
        if (!now.path("wish").isString()) {
            return now;
        }
        if (exports.isObject() && !force) {
            terminal.note(
                    "now stop the application, and whatever exports its file by itself; then export it once more into "
                            + exports.path("folder").asString(""));
            terminal.begun("waiting for that export; ./kb cutover withdraw takes it back");
        } else {
            terminal.begun("waiting for what is under way; then the file refuses writes, and both sides are compared");
        }
        return awaitDone(now);
    }

    /** Makes SQLite the one that is written to again; returns when it is, or cannot be. */
    public JsonNode rollBack(boolean force) {
        JsonNode now = postWish("/rollback", Map.of("force", force));
        terminal.begun(
                "comparing; then PostgreSQL refuses the application's writes, and the file gets the last of them");
        return awaitDone(now);
    }

    JsonNode withdraw() {
        return awaitDone(ingest.postJson(BASE + "/withdraw", Map.of()));
    }

    JsonNode close(boolean force) {
        JsonNode now = postWish("/close", Map.of("force", force));
        return awaitDone(now);
    }

    JsonNode clean() {
        JsonNode now = ingest.postJson(BASE + "/clean", Map.of());
        return awaitDone(now);
    }

    private JsonNode awaitDone(JsonNode status) {
        JsonNode now = status;
        Set<String> told = new HashSet<>();
        now.at("/exports/ignored").values().forEach(one -> told.add(ignored(one)));
        while (now.path("wish").isString()) {
            String problem = now.path("problem").asString("");
            if (!problem.isEmpty() && told.add(problem)) {
                terminal.begun(problem);
            }
            for (JsonNode one : now.at("/exports/ignored")) {
                if (told.add(ignored(one))) {
                    terminal.begun(ignored(one));
                }
            }
            pause();
            now = awaitStatus();
        }
        return now;
    }

    private static String ignored(JsonNode export) {
        return export.path("file").asString("") + " " + export.path("reason").asString("");
    }

    /** Compares both sides and waits for what is found. */
    public JsonNode verify() {
        JsonNode verification = postWish("/verifications", Map.of());
        String path = BASE + "/verifications/" + verification.path("id").asString();
        terminal.begun("comparing all rows");
        while (verification.path("finishedAt").isNull()) {
            pause();
            verification = ServiceClient.patiently(PATIENCE, () -> ingest.get(path, Map.of()), terminal::begun);
        }
        return verification;
    }

    /** How many rows PostgreSQL could not take. */
    static long quarantined(JsonNode status) {
        return status.path("tables").values().stream()
                .flatMap(table -> table.path("quarantined").values().stream())
                .mapToLong(JsonNode::asLong)
                .sum();
    }

    /** Whether what was waited for was taken back meanwhile. */
    static boolean isWithdrawn(JsonNode status) {
        return lastOfHistory(status).startsWith("the wish is withdrawn");
    }

    /** Whether what was put down last has not changed the state. */
    static boolean isNoted(JsonNode status) {
        JsonNode last = status.path("history").path(status.path("history").size() - 1);
        return last.isObject() && last.path("from").equals(last.path("to"));
    }

    /** What the state was changed by last. */
    public static String lastOfHistory(JsonNode status) {
        JsonNode history = status.path("history");
        return history.path(history.size() - 1).path("detail").asString("");
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
