package io.knowledgebase.local.notion;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.client.ServiceProblemException;
import io.knowledgebase.local.standin.Workspace;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.Terminal;
import io.knowledgebase.schemas.DocumentId;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Edits pages at a steady rate and takes the time from each edit until the edited page was indexed. */
final class FreshnessProbe {

    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final Workspace workspace;
    private final ServiceClient ingest;
    private final String user;

    FreshnessProbe(Workspace workspace, ServiceClient ingest, String user) {
        this.workspace = workspace;
        this.ingest = ingest;
        this.user = user;
    }

    /** Makes the edits, one after each pause, and prints how fresh they were. */
    void run(Terminal terminal, int edits, Duration pause) {
        List<UUID> pages = workspace.pages();
        List<Edit> waiting = new ArrayList<>();
        List<Long> ages = new ArrayList<>();
        Instant next = Instant.now();
        int made = 0;
        while (made < edits || !waiting.isEmpty()) {
            if (made < edits && !Instant.now().isBefore(next)) {
                UUID page = pages.get(made % pages.size());
                Edit edit = new Edit(page, "freshly" + made, Instant.now());
                workspace.write(page, edit.word + " edited");
                waiting.add(edit);
                next = next.plus(pause);
                made++;
            }
            for (Iterator<Edit> each = waiting.iterator(); each.hasNext(); ) {
                Edit edit = each.next();
                Instant indexed = indexed(edit);
                if (indexed != null) {
                    ages.add(Duration.between(edit.time, indexed).toMillis());
                    each.remove();
                } else if (edit.time.plus(PATIENCE).isBefore(Instant.now())) {
                    throw CommandFailedException.of(
                            "an edit was not indexed within " + PATIENCE.toMinutes() + " minutes",
                            "./kb notion status");
                }
            }
            Notion.pause();
        }
        ages.sort(null);
        terminal.line(edits + " edits, one every " + pause.toSeconds() + " s: searchable after p50 "
                + ages.get(ages.size() / 2) + " ms, p95 " + ages.get(ages.size() * 95 / 100) + " ms, at the most "
                + ages.get(ages.size() - 1) + " ms");
    }

    /** When the edit was indexed, or null while it is not. */
    private @Nullable Instant indexed(Edit edit) {
        String path = "/v1/documents/" + DocumentId.of(user, "notion", edit.page.toString());
        try {
            JsonNode document = ingest.get(path, Map.of());
            return document.path("status").asString("").equals("indexed")
                            && ingest.getText(path + "/content").contains(edit.word)
                    ? OffsetDateTime.parse(document.path("indexedAt").asString(""))
                            .toInstant()
                    : null;
        } catch (ServiceProblemException e) {
            if (e.status() == 404) {
                return null;
            }
            throw e;
        }
    }

    private record Edit(UUID page, String word, Instant time) {}
}
