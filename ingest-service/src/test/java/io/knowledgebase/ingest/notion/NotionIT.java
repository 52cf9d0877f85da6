package io.knowledgebase.ingest.notion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.ingest.IngestService;
import io.knowledgebase.ingest.IngestService.Answer;
import io.knowledgebase.local.standin.NotionStandIn;
import io.knowledgebase.local.standin.People;
import io.knowledgebase.local.standin.Webhooks;
import io.knowledgebase.local.standin.Words;
import io.knowledgebase.local.standin.Workspace;
import io.knowledgebase.schemas.DocumentId;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class NotionIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String USER = "ann";

    private static Workspace workspace;
    private static NotionStandIn notion;
    private static Webhooks webhooks;
    private static IngestService service;
    private static String connectionId;
    private static List<UUID> filled;

    @BeforeAll
    static void start() {
        workspace = new Workspace(Clock.systemUTC());
        new People(workspace, 5, Clock.systemUTC()).fill(60, 2, 8);
        filled = workspace.pages();
        notion = NotionStandIn.start(workspace, 6_000, 0);
        service = IngestService.start(
                "notion",
                "kb.notion.url=" + notion.uri(),
                "kb.notion.keys=" + "5a".repeat(32),
                "kb.notion.debounce=100ms",
                "kb.notion.reconcile-every=1h",
                "kb.publish.in-flight-per-user=100000");
        webhooks = new Webhooks(workspace, service.uri("/v1/webhooks/notion"), 5);
        JsonNode window = service.post(USER, "/v1/notion/verifications", "{}", "kb:admin")
                .is(201)
                .json();
        assertThat(webhooks.verify()).isEqualTo(200);
        assertThat(window.get("open").booleanValue()).isTrue();
        connectionId = service.post(
                        USER,
                        "/v1/notion/connections",
                        "{\"token\": \"" + notion.token() + "\", \"requestsPerMinute\": 6000}")
                .is(201)
                .json()
                .get("connectionId")
                .stringValue();
        await().atMost(PATIENCE).until(() -> state(firstRun()), "success"::equals);
    }

    @AfterAll
    static void stop() {
        webhooks.close();
        service.close();
        notion.close();
    }

    @Test
    void firstSyncReadsEverythingAndItsCountsAddUp() {
        JsonNode run = firstRun();

        assertThat(run.get("expected").intValue()).isEqualTo(76);
        assertThat(run.get("fetched").intValue()).isEqualTo(76);
        assertThat(run.get("changed").intValue()).isEqualTo(76);
        assertThat(run.get("failures")).isEmpty();
        filled.forEach(NotionIT::assertSame);
    }

    @Test
    void editIsReadWithinSecondsOfItsEvent() {
        UUID page = workspace.pages().get(7);
        workspace.write(page, "An entirely new paragraph");
        await().atMost(PATIENCE).until(() -> words(page).contains("entirely"));
        assertSame(page);
    }

    @Test
    void everyKindOfChangeArrives() {
        UUID root = workspace.addPage(null, "Root of the changes");
        UUID page = workspace.addPage(root, "Page to change");
        UUID other = workspace.addPage(root, "Where it goes");
        workspace.write(page, "first");
        await().atMost(PATIENCE).untilAsserted(() -> assertSame(page));

        workspace.rewrite(page, "rewritten");
        await().atMost(PATIENCE).untilAsserted(() -> assertSame(page));
        workspace.rename(page, "Page with another name");
        await().atMost(PATIENCE).until(() -> document(page).path("title").asString(), "Page with another name"::equals);
        await().atMost(PATIENCE).untilAsserted(() -> assertSame(root)); // which names it
        workspace.comment(page, "What about this?");
        await().atMost(PATIENCE).untilAsserted(() -> assertSame(page));
        workspace.commentOnBlock(page, 0, "And about that paragraph?");
        await().atMost(PATIENCE).until(() -> words(page).contains("paragraph"));
        workspace.move(page, other);
        await().atMost(PATIENCE)
                .until(
                        () -> document(page).at("/metadata/path").asString(),
                        "Root of the changes / Where it goes"::equals);
    }

    @Test
    void documentTellsWhereItComesFrom() {
        UUID root = workspace.addPage(null, "Handbook");
        UUID database = workspace.addDatabase(root, "Projects", List.of("Status"));
        UUID row = workspace.addPage(database, "Apollo");
        workspace.setProperty(row, "Status", "Launched");
        await().atMost(PATIENCE).until(() -> words(row).contains("Launched"));

        JsonNode document = document(row);
        assertThat(document.get("title").stringValue()).isEqualTo("Apollo");
        assertThat(document.get("sourceType").stringValue()).isEqualTo("notion");
        assertThat(document.get("externalId").stringValue()).isEqualTo(row.toString());
        assertThat(document.get("sourceUrl").stringValue()).startsWith("https://app.notion.com/p/");
        JsonNode metadata = document.get("metadata");
        assertThat(metadata.get("path").stringValue()).isEqualTo("Handbook / Projects");
        assertThat(metadata.get("workspace").stringValue()).isEqualTo("Stand-in");
        assertThat(metadata.get("author").stringValue()).isEqualTo("Ada");
        assertThat(metadata.at("/properties/Status").stringValue()).isEqualTo("Launched");
        assertThat(metadata.get("modified").stringValue()).endsWith("00Z");

        workspace.renameProperty(database, "Status", "Phase");
        await().atMost(PATIENCE).until(() -> words(row).contains("Phase"));
        assertThat(words(row)).doesNotContain("Status");
    }

    @Test
    void trashTakesWhatStandsInItAndGivesItBack() {
        UUID top = workspace.addPage(null, "Top");
        UUID middle = workspace.addPage(top, "Middle");
        UUID bottom = workspace.addPage(middle, "Bottom");
        workspace.write(bottom, "deep text");
        await().atMost(PATIENCE).untilAsserted(() -> assertSame(bottom));

        workspace.trash(top);
        await().atMost(PATIENCE).until(() -> isGone(top) && isGone(middle) && isGone(bottom));
        workspace.restore(top);
        await().atMost(PATIENCE)
                .untilAsserted(() -> List.of(top, middle, bottom).forEach(NotionIT::assertSame));
    }

    @Test
    void pageOutOfSightGoesOnlyWhenAListingLacksIt() {
        UUID page = workspace.addPage(null, "Soon out of sight");
        await().atMost(PATIENCE).untilAsserted(() -> assertSame(page));

        workspace.unshare(page);
        JsonNode named = sync("{\"pageIds\": [\"" + page + "\"]}");
        assertThat(named.get("state").stringValue()).isEqualTo("failed");
        assertThat(named.at("/failures/0").stringValue())
                .contains(page.toString())
                .contains("may not see");
        assertThat(isGone(page)).as("not found may be a moment's trouble").isFalse();
        JsonNode run = sync("{}");
        assertThat(isGone(page)).isTrue();
        assertThat(run.get("deleted").intValue()).isEqualTo(1);
        workspace.share(page);
        await().atMost(PATIENCE).untilAsserted(() -> assertSame(page));
    }

    @Test
    void whatNoEventToldIsFoundInEitherDirection() {
        UUID kept = workspace.addPage(null, "Kept");
        UUID gone = workspace.addPage(null, "To be gone");
        await().atMost(PATIENCE)
                .until(() -> !words(kept).isEmpty() && !words(gone).isEmpty());
        UUID born;
        webhooks.unreliably(Duration.ZERO, 1, 0);
        try {
            workspace.write(kept, "unheard of");
            workspace.trash(gone);
            born = workspace.addPage(kept, "Born in silence");
        } finally {
            webhooks.unreliably(Duration.ZERO, 0, 0);
        }

        JsonNode run = sync("{}");

        assertSame(kept);
        assertSame(born);
        assertThat(isGone(gone)).isTrue();
        assertThat(run.get("state").stringValue()).isEqualTo("success");
        assertThat(run.get("expected").intValue())
                .isEqualTo(run.get("unchanged").intValue()
                        + run.get("changed").intValue()
                        + run.get("deleted").intValue());
        assertThat(service.jdbc()
                        .sql("select status from notion_syncs where id = :id and user_id = :user")
                        .param("id", run.get("runId").longValue())
                        .param("user", USER)
                        .query(String.class)
                        .single())
                .isEqualTo("success");
    }

    @Test
    void filesAreDocumentsThatComeAndGoWithTheirBlocks() {
        UUID page = workspace.addPage(null, "With a file");
        UUID block = workspace.attach(page, "plan.txt", "the plan".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        String file = "/v1/documents/" + DocumentId.of(USER, "notion", block.toString());
        await().atMost(PATIENCE).until(() -> service.get(USER, file).status() == 200);
        assertThat(service.get(USER, file + "/content").text()).isEqualTo("the plan");
        assertThat(service.get(USER, file).json().get("fileName").stringValue()).isEqualTo("plan.txt");
        int version = service.get(USER, file).json().get("version").intValue();

        workspace.write(page, "more text");
        await().atMost(PATIENCE).until(() -> words(page).contains("more"));
        assertThat(service.get(USER, file).json().get("version").intValue()).isEqualTo(version);
        workspace.removeBlock(page, block);
        await().atMost(PATIENCE)
                .until(() -> service.get(USER, file).json().get("status").stringValue(), "deleted"::equals);
    }

    @Test
    void tangledAndUnknownBlocksAreCountedAndTheRestIsIndexed() {
        UUID page = workspace.addPage(null, "Tangled");
        UUID other = workspace.addPage(null, "Other");
        workspace.tangle(page, other);
        workspace.write(page, "after all");
        await().atMost(PATIENCE).until(() -> words(page).contains("after"));

        assertThat(words(page)).containsSequence("from", "the", "future");
        assertThat(service.jdbc()
                        .sql("select skipped_blocks::text from notion_entities where entity_id = :id")
                        .param("id", page)
                        .query(String.class)
                        .single())
                .contains("\"cycle\": 1")
                .contains("\"hologram\": 1");
    }

    @Test
    void pagesAreListedInParts() {
        Set<String> listed = new HashSet<>();
        String after = "";
        do {
            JsonNode part = service.get(USER, "/v1/notion/connections/" + connectionId + "/pages?limit=40" + after)
                    .is(200)
                    .json();
            part.get("pages").forEach(page -> listed.add(page.get("pageId").stringValue()));
            after = part.path("next").isString() ? "&after=" + part.get("next").stringValue() : "";
        } while (!after.isEmpty());
        assertThat(listed).containsAll(filled.stream().map(UUID::toString).toList());
    }

    @Test
    void othersSeeNeitherConnectionNorSyncsNorPages() {
        service.get("bob", "/v1/notion/connections/" + connectionId).is(404);
        service.get("bob", "/v1/notion/connections/" + connectionId + "/pages").is(404);
        service.delete("bob", "/v1/notion/connections/" + connectionId).is(404);
        assertThat(service.get("bob", "/v1/notion/connections").json().get("connections"))
                .isEmpty();
        assertThat(service.get("bob", "/v1/notion/syncs").json().get("syncs")).isEmpty();
        service.get("bob", "/v1/notion/syncs/" + firstRun().get("runId")).is(404);
        service.post("bob", "/v1/notion/sync", "{}").is(409);
        service.post("bob", "/v1/notion/sync", "{\"pageIds\": []}").isBad("pageIds");
        service.post("bob", "/v1/notion/sync", "{\"connectionId\": \"" + connectionId + "\"}")
                .is(404);
    }

    @Test
    void badWishesAreRefusedWithTheirField() {
        service.post(USER, "/v1/notion/connections", "{}").isBad("token");
        service.post(USER, "/v1/notion/connections", "{\"token\": \"x\", \"apiVersion\": \"1999-01-01\"}")
                .isBad("apiVersion");
        service.post(USER, "/v1/notion/connections", "{\"token\": \"x\", \"requestsPerMinute\": 1}")
                .isBad("requestsPerMinute");
        assertThat(service.post(USER, "/v1/notion/connections", "{\"token\": \"ntn_wrong\"}")
                        .is(422)
                        .text())
                .contains("unauthorized")
                .doesNotContain("ntn_wrong");
        service.post(USER, "/v1/notion/connections", "{\"token\": \"line\\nbreak\"}")
                .is(422);
        service.post(USER, "/v1/notion/sync", "{\"pageIds\": []}").isBad("pageIds");
        service.post(USER, "/v1/notion/sync", "{\"pageIds\": [\"x\"]}").isBad("pageIds[0]");
        service.get(USER, "/v1/notion/syncs?limit=0").isBad("limit");
        assertThat(service.get(USER, "/v1/notion/syncs?limit=few")
                        .isBad("limit")
                        .text())
                .contains("limit is no whole number.");
        service.get(USER, "/v1/notion/syncs/4711").is(404);
        service.get(USER, "/v1/notion/connections/" + connectionId + "/pages?state=odd")
                .isBad("state");
        service.get(USER, "/v1/notion/connections/" + connectionId + "/pages?limit=0")
                .isBad("limit");
        service.post(USER, "/v1/notion/oauth", "{}").is(503);
    }

    @Test
    void tokenIsNowhereToBeRead() {
        assertThat(service.get(USER, "/v1/notion/connections").text()).doesNotContain(notion.token());
        assertThat(service.jdbc()
                        .sql("select count(*) from notion_connections c where c::text like '%' || :token || '%'"
                                + " or position(convert_to(:token, 'UTF8') in sealed_token) > 0")
                        .param("token", notion.token())
                        .query(Long.class)
                        .single())
                .isZero();
    }

    private static JsonNode sync(String wish) {
        JsonNode run = service.post(USER, "/v1/notion/sync", wish)
                .is(202)
                .json()
                .get("syncs")
                .get(0);
        String path = "/v1/notion/syncs/" + run.get("runId");
        await().atMost(PATIENCE)
                .until(
                        () -> state(service.get(USER, path).json()),
                        state -> !state.equals("waiting") && !state.equals("reading"));
        return service.get(USER, path).json();
    }

    private static boolean isGone(UUID page) {
        return document(page).path("status").asString("deleted").equals("deleted");
    }

    private static JsonNode document(UUID page) {
        return service.get(USER, "/v1/documents/" + DocumentId.of(USER, "notion", page.toString()))
                .json();
    }

    private static JsonNode firstRun() {
        JsonNode runs = service.get(USER, "/v1/notion/syncs?limit=100").json().get("syncs");
        return runs.get(runs.size() - 1);
    }

    private static String state(JsonNode run) {
        return run == null ? "none" : run.get("state").stringValue();
    }

    private static void assertSame(UUID page) {
        assertThat(words(page)).as(page.toString()).isEqualTo(workspace.words(page));
    }

    private static List<String> words(UUID page) {
        UUID document = DocumentId.of(USER, "notion", page.toString());
        Answer content = service.get(USER, "/v1/documents/" + document + "/content");
        return content.status() == 404 ? List.of() : Words.ofMarkdown(content.text());
    }
}
