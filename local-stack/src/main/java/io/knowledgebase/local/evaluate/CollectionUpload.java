package io.knowledgebase.local.evaluate;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.Terminal;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Uploads the corpora of collections and waits until they are indexed; what is there already is left as it is. */
final class CollectionUpload {

    private static final int LINES_PER_BATCH = 1_000;
    private static final long POLL_MS = 5_000;

    private final Terminal terminal;

    CollectionUpload(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Answers how many of the user's documents are indexed. */
    int index(ServiceClient ingest, Collection collection) throws IOException, InterruptedException {
        List<String> lines = collection.batchLines();
        for (int from = 0; from < lines.size(); from += LINES_PER_BATCH) {
            upload(ingest, lines.subList(from, Math.min(lines.size(), from + LINES_PER_BATCH)));
        }
        JsonNode summary = ingest.get("/v1/documents/summary", Map.of());
        while (summary.path("accepted").asInt() > 0) {
            terminal.begun(collection.name() + ": " + summary.path("accepted").asInt() + " documents to index");
            Thread.sleep(POLL_MS);
            summary = ingest.get("/v1/documents/summary", Map.of());
        }
        int failed = summary.path("failed").asInt();
        if (failed > 0) {
            terminal.note(collection.name() + ": " + failed + " documents failed");
        }
        return summary.path("indexed").asInt();
    }

    private static void upload(ServiceClient ingest, List<String> batch) {
        List<JsonNode> answers =
                ingest.postLines("/v1/documents/batch", BodyPublishers.ofString(String.join("\n", batch)));
        answers.stream().filter(answer -> answer.has("error")).findFirst().ifPresent(answer -> {
            throw CommandFailedException.of(
                    "line " + answer.path("line").asInt() + " was refused: "
                            + answer.path("error").path("detail").asString(""),
                    "mend the corpus");
        });
    }
}
