package io.knowledgebase.ingest.notion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.ingest.IngestService;
import io.knowledgebase.ingest.IngestService.Answer;
import io.knowledgebase.local.standin.NotionStandIn;
import io.knowledgebase.local.standin.NotionStandIn.Trouble;
import io.knowledgebase.local.standin.People;
import io.knowledgebase.local.standin.Webhooks;
import io.knowledgebase.local.standin.Words;
import io.knowledgebase.local.standin.Workspace;
import io.knowledgebase.schemas.DocumentId;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * People edit while webhooks come late, doubled, in no order or never, Notion is away for a time, and the service is
 * killed. Larger with {@code -Dkb.notion.pages=2000 -Dkb.notion.edits=10000 -Dkb.notion.kills=10
 * -Dkb.notion.away-seconds=600}; with Notion's own limit by {@code -Dkb.notion.limit=180}.
 */
class NotionSurvivalIT {

    private static final int PAGES = Integer.getInteger("kb.notion.pages", 150);
    private static final int EDITS = Integer.getInteger("kb.notion.edits", 500);
    private static final int KILLS = Integer.getInteger("kb.notion.kills", 2);
    private static final Duration AWAY = Duration.ofSeconds(Integer.getInteger("kb.notion.away-seconds", 9));
    private static final int LIMIT = Integer.getInteger("kb.notion.limit", 6_000);
    /** A page takes some five requests. */
    private static final Duration PATIENCE = Duration.ofMinutes(20 + 10L * (PAGES + EDITS) / LIMIT);

    private static final String USER = "ann";

    @Test
    void nothingIsLostWhateverIsKilledOrAway() throws Exception {
        Workspace workspace = new Workspace(Clock.systemUTC());
        People people = new People(workspace, 11, Clock.systemUTC());
        people.fill(PAGES, 3, Math.max(10, PAGES / 20));
        try (NotionStandIn notion = NotionStandIn.start(workspace, LIMIT, 0);
                IngestService service = IngestService.startProcess(
                        "notion_survival",
                        256,
                        "kb.notion.url=" + notion.uri(),
                        "kb.notion.keys=" + "5a".repeat(32),
                        "kb.notion.debounce=500ms",
                        "kb.notion.lease=5s",
                        "kb.notion.reconcile-every=1h");
                Webhooks webhooks = new Webhooks(workspace, service.uri("/v1/webhooks/notion"), 11)) {
            service.post(USER, "/v1/notion/verifications", "{}", "kb:admin").is(201);
            assertThat(webhooks.verify()).isEqualTo(200);
            service.post(
                            USER,
                            "/v1/notion/connections",
                            "{\"token\": \"" + notion.token() + "\", \"requestsPerMinute\": " + LIMIT + "}")
                    .is(201);
            await().atMost(PATIENCE).until(() -> service.count("notion_entities") > PAGES / 4);
            service.killAndRestart();
            JsonNode first = await().atMost(PATIENCE).until(() -> newest(service), NotionSurvivalIT::isDone);
            assertAddsUp(first);
            assertThat(first.get("expected").intValue())
                    .isEqualTo(workspace.pages().size());
            assertEqual(workspace, service);

            webhooks.unreliably(Duration.ofSeconds(3), 0.1, 0.2);
            Random random = new Random(11);
            Thread trouble = new Thread(() -> beAway(notion));
            for (int edit = 0; edit < EDITS; edit++) {
                people.change();
                if (edit == EDITS / 4) {
                    trouble.start();
                }
                if (random.nextInt(EDITS) < KILLS) {
                    service.killAndRestart();
                }
                Thread.sleep(2); // people do not edit all at once
            }
            service.killAndRestart();
            trouble.join();
            await().atMost(PATIENCE).until(webhooks::isIdle);
            JsonNode run =
                    await().atMost(PATIENCE).ignoreExceptions().until(() -> sync(service), NotionSurvivalIT::isDone);

            assertAddsUp(run);
            assertThat(run.get("state").stringValue()).as(run.toString()).isEqualTo("success");
            assertEqual(workspace, service);
            assertThat(notion.refused()).isZero();
            System.out.printf(
                    "%d pages, %d edits, %d kills, away for %s: equal; at most %d requests a minute of %d, none refused%n",
                    PAGES, EDITS, KILLS + 2, AWAY, notion.mostInAMinute(), LIMIT);
        }
    }

    private static void beAway(NotionStandIn notion) {
        try {
            for (Trouble trouble : List.of(Trouble.REFUSED, Trouble.BROKEN, Trouble.OVERLOADED)) {
                notion.trouble(trouble);
                Thread.sleep(AWAY.toMillis() / 3);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            notion.trouble(Trouble.NONE);
        }
    }

    private static JsonNode sync(IngestService service) {
        Answer answer = service.post(USER, "/v1/notion/sync", "{}").is(202);
        String path = "/v1/notion/syncs/" + answer.json().at("/syncs/0/runId");
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> isDone(service.get(USER, path).json()));
        return service.get(USER, path).json();
    }

    private static JsonNode newest(IngestService service) {
        return service.get(USER, "/v1/notion/syncs").json().get("syncs").get(0);
    }

    private static boolean isDone(JsonNode run) {
        return run != null
                && List.of("success", "failed").contains(run.get("state").stringValue());
    }

    private static void assertAddsUp(JsonNode run) {
        assertThat(run.get("expected").intValue())
                .as(run.toString())
                .isEqualTo(run.get("unchanged").intValue()
                        + run.get("changed").intValue()
                        + run.get("deleted").intValue()
                        + run.get("failed").intValue());
    }

    private static void assertEqual(Workspace workspace, IngestService service) {
        List<UUID> pages = workspace.pages();
        for (UUID page : pages) {
            // What was asked for beside the run may still be under way.
            await().pollDelay(Duration.ZERO)
                    .atMost(Duration.ofSeconds(60))
                    .untilAsserted(() ->
                            assertThat(words(service, page)).as(page.toString()).isEqualTo(workspace.words(page)));
        }
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(service.jdbc()
                                .sql("select count(*) from documents where not deleted")
                                .query(Integer.class)
                                .single())
                        .isEqualTo(pages.size()));
    }

    private static List<String> words(IngestService service, UUID page) {
        Answer content =
                service.get(USER, "/v1/documents/" + DocumentId.of(USER, "notion", page.toString()) + "/content");
        return content.status() == 404 ? List.of() : Words.ofMarkdown(content.text());
    }
}
