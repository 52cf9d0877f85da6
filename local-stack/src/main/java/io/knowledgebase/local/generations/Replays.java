package io.knowledgebase.local.generations;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.Progress;
import io.knowledgebase.local.terminal.Terminal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Replays into the live generation, asked for as an operator. */
final class Replays {

    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final ServiceClient ingest;
    private final Terminal terminal;

    Replays(Home home, Terminal terminal) {
        this.ingest = new ServiceClient(home, Service.INGEST, ServiceClient.OPERATOR, List.of(ServiceClient.ADMIN));
        this.terminal = terminal;
    }

    /** How many documents are processed again. */
    int replay(Map<String, Object> wish) {
        return ingest.postJson("/v1/replays", wish).path("documents").asInt();
    }

    void republish() {
        ingest.postJson("/v1/republication", Map.of());
    }

    /** Shows how replayed documents come along until each has its outcome. */
    void follow() {
        JsonNode now = latest();
        long most = 0;
        try (Progress progress = Progress.at(terminal, "replayed", "documents")) {
            while (now.path("wanted").asBoolean() || now.path("remaining").asLong() > 0) {
                long remaining = now.path("remaining").asLong();
                most = Math.max(most, remaining);
                progress.show(most - remaining, most, now.path("wanted").asBoolean() ? "preparing" : "");
                Generations.pause();
                now = latest();
            }
            progress.show(most, most, "");
        }
        terminal.done("every replayed document has its outcome; ./kb status shows how many failed");
    }

    private JsonNode latest() {
        return ServiceClient.patiently(PATIENCE, () -> ingest.get("/v1/republication", Map.of()), terminal::begun);
    }
}
