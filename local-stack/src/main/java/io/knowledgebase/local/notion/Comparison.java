package io.knowledgebase.local.notion;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.standin.Words;
import io.knowledgebase.local.standin.Workspace;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/** Compares a workspace with the documents that were made of it, page by page and word by word. */
final class Comparison {

    private static final int SHOWN = 5;

    private final Workspace workspace;
    private final ServiceClient ingest;

    Comparison(Workspace workspace, ServiceClient ingest) {
        this.workspace = workspace;
        this.ingest = ingest;
    }

    /** Waits until everything is indexed, then says what differs; the exit code of that. */
    int report(Terminal terminal, String when, Duration patience) {
        Map<UUID, JsonNode> documents = indexed(terminal, patience);
        List<String> differences = new ArrayList<>();
        Set<UUID> pages = new HashSet<>(workspace.pages());
        for (UUID page : pages) {
            JsonNode document = documents.get(page);
            if (document == null) {
                differences.add(page + " is not there");
            } else if (!document.path("status").asString("").equals("indexed")) {
                differences.add(page + " is " + document.path("status").asString(""));
            } else if (!words(document).equals(workspace.words(page))) {
                differences.add(page + " has another text");
            }
        }
        documents.keySet().stream()
                .filter(page -> !pages.contains(page))
                .forEach(page -> differences.add(page + " is gone from the workspace"));
        if (differences.isEmpty()) {
            terminal.done(when + " workspace and index are equal: " + Terminal.counted(pages.size(), "page")
                    + ", word by word, and no other");
            return ExitCode.OK;
        }
        terminal.failed(
                when + " workspace and index differ: " + differences.size() + " of "
                        + Terminal.counted(pages.size(), "page"),
                String.join("; ", differences.subList(0, Math.min(SHOWN, differences.size()))),
                null);
        return ExitCode.FAILED;
    }

    private List<String> words(JsonNode document) {
        return Words.ofMarkdown(
                ingest.getText("/v1/documents/" + document.path("documentId").asString("") + "/content"));
    }

    /** The documents that are not deleted, by their pages' ids, when none is on its way any more. */
    private Map<UUID, JsonNode> indexed(Terminal terminal, Duration patience) {
        Instant deadline = Instant.now().plus(patience);
        Instant next = Instant.now();
        while (true) {
            long waiting = ingest.get("/v1/documents/summary", Map.of())
                    .path("accepted")
                    .asLong();
            if (waiting == 0 || Instant.now().isAfter(deadline)) {
                return documents();
            }
            if (Instant.now().isAfter(next)) {
                terminal.begun(Terminal.counted(waiting, "page") + " to index");
                next = Instant.now().plusSeconds(5);
            }
            Notion.pause();
        }
    }

    private Map<UUID, JsonNode> documents() {
        Map<UUID, JsonNode> documents = new HashMap<>();
        String after = "";
        do {
            Map<String, String> query =
                    new HashMap<>(Map.of("sourceType", "notion", "status", "accepted,indexed,failed", "limit", "500"));
            if (!after.isEmpty()) {
                query.put("after", after);
            }
            JsonNode page = ingest.get("/v1/documents", query);
            page.path("documents")
                    .forEach(document -> documents.put(
                            UUID.fromString(document.path("externalId").asString("")), document));
            after = page.path("next").asString("");
        } while (!after.isEmpty());
        return documents;
    }
}
