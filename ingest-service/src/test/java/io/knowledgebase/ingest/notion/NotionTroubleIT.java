package io.knowledgebase.ingest.notion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.ingest.IngestService;
import io.knowledgebase.ingest.IngestService.Answer;
import io.knowledgebase.local.servers.Ports;
import io.knowledgebase.local.standin.NotionStandIn;
import io.knowledgebase.local.standin.NotionStandIn.Trouble;
import io.knowledgebase.local.standin.People;
import io.knowledgebase.local.standin.Words;
import io.knowledgebase.local.standin.Workspace;
import io.knowledgebase.schemas.DocumentId;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * Each test has a user, a workspace and a stand-in of its own, one after the other at the same address; the token of the
 * one before is refused by the next.
 */
class NotionTroubleIT {

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int FAST = 6_000;
    private static final int PORT = Ports.free();

    private static IngestService service;

    private final Workspace workspace = new Workspace(Clock.systemUTC());
    private final String user = "user-" + UUID.randomUUID();
    private NotionStandIn notion;

    @BeforeAll
    static void start() {
        service = IngestService.start(
                "notion_trouble",
                "kb.notion.url=http://127.0.0.1:" + PORT,
                "kb.notion.keys=" + "5a".repeat(32),
                "kb.notion.debounce=100ms",
                "kb.notion.reconcile-every=1h",
                "kb.notion.max-blocks=50000",
                "kb.notion.oauth-client-id=client",
                "kb.notion.oauth-client-secret=secret",
                "kb.notion.oauth-redirect-uri=https://chat.example/notion");
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    @AfterEach
    void stopNotion() {
        notion.close();
    }

    @ParameterizedTest
    @EnumSource(names = {"REFUSED", "BROKEN", "OVERLOADED"})
    void troubleInTheMidstOfASyncIsWaitedOut(Trouble trouble) {
        fill(80, 1, 5);
        notion = NotionStandIn.start(workspace, FAST, PORT);
        String connection = connect();
        await().atMost(PATIENCE).until(() -> connection(connection).get("pages").intValue() > 10);
        notion.trouble(trouble);
        await().atMost(PATIENCE)
                .until(() -> connection(connection).path("pausedUntil").isString());
        assertThat(connection(connection).get("detail").stringValue()).startsWith("Notion ");
        notion.trouble(Trouble.NONE);

        assertEqualInTheEnd();
        assertThat(firstRun().get("failed").intValue()).isZero();
    }

    @Test
    void refusalsAreWaitedOut() {
        fill(20, 1, 2);
        notion = NotionStandIn.start(workspace, 30, Duration.ofSeconds(5), PORT);
        connect(600);
        await().atMost(PATIENCE).until(() -> notion.refused() > 0);
        await().atMost(PATIENCE).untilAsserted(this::assertEqual);
    }

    @Test
    void searchThatIsRefusedEndsTheSyncWithItsReason() {
        fill(5, 0, 0);
        notion = NotionStandIn.start(workspace, FAST, PORT);
        notion.trouble(Trouble.UNSEARCHABLE);
        String connection = connect();
        JsonNode run = await().atMost(PATIENCE).until(this::firstRun, NotionTroubleIT::isDone);

        assertThat(run.get("state").stringValue()).isEqualTo("failed");
        assertThat(run.at("/failures/0").stringValue()).contains("cannot be listed", "403");
        assertThat(connection(connection).get("state").stringValue()).isEqualTo("active");

        notion.trouble(Trouble.NONE);
        JsonNode next = sync("{}");
        await().atMost(PATIENCE).until(() -> run(next), NotionTroubleIT::isDone);
        assertEqual();
    }

    @Test
    void revokedTokenStopsReadingAndKeepsPagesUntilSomebodyConnectsAgain() {
        UUID page = workspace.addPage(null, "Page");
        workspace.write(page, "before");
        notion = NotionStandIn.start(workspace, FAST, PORT);
        String connection = connect();
        assertEqualInTheEnd();
        assertThat(pages(connection, "current")).hasSize(1);
        notion.revoke();
        workspace.write(page, "after");
        JsonNode run = sync("{}");
        await().atMost(PATIENCE).until(() -> state(connection), "needs-attention"::equals);
        int calls = calls();
        await().during(Duration.ofSeconds(2)).atMost(PATIENCE).until(() -> calls() == calls);
        assertThat(words(page)).contains("before").doesNotContain("after");
        assertThat(connection(connection).get("detail").stringValue()).contains("Connect again");
        JsonNode stale = pages(connection, "stale");
        assertThat(stale).hasSize(1);
        assertThat(stale.at("/0/detail").stringValue()).contains("Connect again");
        assertThat(stale.at("/0/documentId").stringValue())
                .isEqualTo(DocumentId.of(user, "notion", page.toString()).toString());
        assertThat(pages(connection, "current")).isEmpty();

        assertThat(connect()).isEqualTo(connection);
        await().atMost(PATIENCE).untilAsserted(this::assertEqual);
        await().atMost(PATIENCE).until(() -> run(run).get("state").stringValue(), "success"::equals);
    }

    @Test
    void connectionWhoseKeyIsMissingGoesOnWhenTheKeyIsBack() {
        UUID page = workspace.addPage(null, "Page");
        notion = NotionStandIn.start(workspace, FAST, PORT);
        String connection = connect();
        assertEqualInTheEnd();
        workspace.write(page, "written meanwhile");
        UUID id = UUID.fromString(connection);
        byte[] sealed = service.jdbc()
                .sql("select sealed_token from notion_connections where connection_id = :id")
                .param("id", id)
                .query(byte[].class)
                .single();
        seal(id, "sealed by another key".getBytes(StandardCharsets.UTF_8));
        JsonNode run = sync("{}");
        await().atMost(PATIENCE)
                .until(
                        () -> connection(connection).path("detail").asString(""),
                        detail -> detail.contains("kb.notion.keys"));
        assertThat(state(connection)).isEqualTo("active");

        seal(id, sealed);
        await().atMost(PATIENCE).until(() -> run(run), NotionTroubleIT::isDone);
        assertEqual();
        assertThat(connection(connection).get("detail").isNull()).isTrue();
    }

    /** As with another key, and as if the pause were over. */
    private static void seal(UUID connection, byte[] token) {
        service.jdbc()
                .sql(
                        "update notion_connections set sealed_token = :token, paused_until = null where connection_id = :id")
                .param("token", token)
                .param("id", connection)
                .update();
    }

    @Test
    void pageWhoseDocumentWasDeletedHereIsRemovedUntilItChanges() {
        UUID page = workspace.addPage(null, "Page");
        notion = NotionStandIn.start(workspace, FAST, PORT);
        String connection = connect();
        assertEqualInTheEnd();

        service.delete(user, "/v1/documents/" + DocumentId.of(user, "notion", page.toString()))
                .is(204);
        assertThat(pages(connection, "removed")).hasSize(1);
        assertThat(pages(connection, "current")).isEmpty();

        JsonNode named = sync("{\"pageIds\": [\"" + page + "\"]}");
        await().atMost(PATIENCE).until(() -> run(named), NotionTroubleIT::isDone);
        assertThat(pages(connection, "current")).hasSize(1);
        assertEqual();
    }

    @Test
    void pagesThatAreNamedWaitForNoOtherSync() {
        fill(80, 0, 0);
        notion = NotionStandIn.start(workspace, FAST, PORT);
        connect(240);
        await().atMost(PATIENCE)
                .until(() -> firstRun() != null
                        && firstRun().get("state").stringValue().equals("reading"));
        List<UUID> pages = workspace.pages();
        JsonNode one = sync("{\"pageIds\": [\"" + pages.get(79) + "\"]}");
        JsonNode other = sync("{\"pageIds\": [\"" + pages.get(79) + "\", \"" + pages.get(78) + "\"]}");

        await().atMost(PATIENCE).until(() -> isDone(run(one)) && isDone(run(other)));
        assertThat(firstRun().get("state").stringValue()).isEqualTo("reading");
        assertThat(run(one).get("changed").intValue()
                        + run(one).get("unchanged").intValue())
                .isEqualTo(1);
        assertThat(run(other).get("expected").intValue()).isEqualTo(2);
        assertThat(run(other).get("failed").intValue()).isZero();

        connect(FAST);
        assertEqualInTheEnd();
        assertThat(firstRun().get("changed").intValue()
                        + firstRun().get("unchanged").intValue())
                .isEqualTo(80);
    }

    @Test
    void oneWorkspaceInTroubleDoesNotDelayAnother() {
        fill(30, 0, 0);
        notion = NotionStandIn.start(workspace, FAST, PORT);
        // Its budget lets two requests a minute through.
        String slow = "slow-" + user;
        service.post(slow, "/v1/notion/connections", wish(2)).is(201);
        connect();
        assertEqualInTheEnd();
        assertThat(service.get(slow, "/v1/notion/connections")
                        .json()
                        .at("/connections/0/pages")
                        .asInt())
                .isLessThan(5);
    }

    @Test
    void twoProcessesKeepToOneBudgetAndReadNothingTwice() {
        for (int page = 0; page < 60; page++) {
            workspace.addPage(null, "Page " + page);
        }
        // A budget of 600 a minute lets no more than 60 and 9 a second through.
        notion = NotionStandIn.start(workspace, 110, Duration.ofSeconds(5), PORT);
        try (IngestService ignored = service.sibling()) {
            connect(600);
            assertEqualInTheEnd();
        }
        assertThat(notion.calls().get("GET /v1/pages")).isEqualTo(60);
        assertThat(notion.refused()).isZero();
    }

    @Test
    void deletedConnectionTakesItsPagesWithIt() {
        fill(30, 1, 5);
        UUID block = workspace.attach(workspace.pages().get(0), "f.txt", new byte[] {65});
        notion = NotionStandIn.start(workspace, FAST, PORT);
        String connection = connect();
        UUID uploaded = service.upload(user, "own.txt", "stays").is(202).documentId();
        assertEqualInTheEnd();
        assertThat(words(block)).isNotEmpty();
        notion.trouble(Trouble.REFUSED);
        JsonNode unfinished = sync("{}");

        service.delete(user, "/v1/notion/connections/" + connection).is(202);

        await().atMost(PATIENCE)
                .until(() -> service.get(user, "/v1/notion/connections/" + connection)
                                .status()
                        == 404);
        assertThat(documents("true")).isEqualTo(1);
        service.get(user, "/v1/documents/" + uploaded + "/content").is(200);
        assertThat(service.jdbc()
                        .sql("select error_message from notion_syncs where id = :id")
                        .param("id", unfinished.get("runId").longValue())
                        .query(String.class)
                        .single())
                .isEqualTo("The connection was deleted.");
        notion.trouble(Trouble.NONE);
        connect();
        assertEqualInTheEnd();
    }

    @Test
    void listingUnderWayEndsWithItsConnection() {
        for (int page = 0; page < 3_000; page++) {
            workspace.addPage(null, "Page " + page);
        }
        notion = NotionStandIn.start(workspace, FAST, PORT);
        // To list takes 30 requests, more than three minutes.
        String connection = connect(10);
        await().atMost(PATIENCE).until(() -> notion.calls().containsKey("POST /v1/search"));

        service.delete(user, "/v1/notion/connections/" + connection).is(202);

        await().atMost(PATIENCE)
                .until(() -> service.get(user, "/v1/notion/connections/" + connection)
                                .status()
                        == 404);
    }

    @Test
    void connectionsMadeAtOnceAreOne() {
        workspace.addPage(null, "Page");
        notion = NotionStandIn.start(workspace, FAST, PORT);
        // So that all have seen that there is none before there is one.
        whileTriggered("notion_connections", "true", "perform pg_sleep(1); return new;", () -> {
            List<String> made =
                    Stream.generate(() -> CompletableFuture.supplyAsync(this::connect)).limit(8).toList().stream()
                            .map(CompletableFuture::join)
                            .distinct()
                            .toList();

            assertThat(made).hasSize(1);
        });
        assertEqualInTheEnd();
    }

    @Test
    void documentOfAPageThatWasNotPutDownGoesWithItsConnection() {
        UUID page = workspace.addPage(null, "Never saved");
        notion = NotionStandIn.start(workspace, FAST, PORT);
        // As if it were killed after the document was accepted, each time.
        whileTriggered("notion_entities", "new.title = 'Never saved'", "raise 'refused';", () -> {
            String connection = connect();
            await().atMost(PATIENCE).until(() -> !words(page).isEmpty());
            assertThat(pages(connection, "current")).isEmpty();
            service.delete(user, "/v1/notion/connections/" + connection).is(202);
            await().atMost(PATIENCE)
                    .until(() -> service.get(user, "/v1/notion/connections/" + connection)
                                    .status()
                            == 404);
            assertThat(documents("true")).isZero();
        });
    }

    @Test
    void schemaChangeThatNoEventToldIsFound() {
        // Edited long ago: what was edited within the minute is read again anyway.
        Workspace old = new Workspace(Clock.offset(Clock.systemUTC(), Duration.ofHours(-1)));
        UUID database = old.addDatabase(old.addPage(null, "Tables"), "Stock", List.of("Shelf"));
        UUID row = old.addPage(database, "Nails");
        old.setProperty(row, "Shelf", "upper");
        notion = NotionStandIn.start(old, FAST, PORT);
        connect();
        await().atMost(PATIENCE).until(this::firstRun, NotionTroubleIT::isDone);
        assertThat(words(row)).contains("Shelf");
        old.renameProperty(database, "Shelf", "Rack");

        sync("{}");

        await().atMost(PATIENCE).until(() -> words(row).contains("Rack"));
    }

    @Test
    void charactersThatPostgresqlCannotStoreAreReplaced() {
        UUID page = workspace.addPage(null, "Zero \u0000 title");
        workspace.write(page, "zero \u0000 text");
        notion = NotionStandIn.start(workspace, FAST, PORT);
        connect();
        JsonNode run = await().atMost(PATIENCE).until(this::firstRun, NotionTroubleIT::isDone);

        assertThat(run.get("state").stringValue()).as(run.toString()).isEqualTo("success");
        JsonNode document = service.get(user, "/v1/documents/" + DocumentId.of(user, "notion", page.toString()))
                .is(200)
                .json();
        assertThat(document.get("title").stringValue()).isEqualTo("Zero \uFFFD title");
        assertThat(words(page)).contains("zero", "text");
    }

    @ParameterizedTest
    @ValueSource(strings = {"2022-06-28", "2026-03-11"})
    void otherVersionsOfTheApiGiveTheSameDocuments(String version) {
        fill(25, 2, 5);
        notion = NotionStandIn.start(workspace, FAST, PORT);
        service.post(user, "/v1/notion/connections", wish(FAST).replace("}", ", \"apiVersion\": \"" + version + "\"}"))
                .is(201);
        assertEqualInTheEnd();
        workspace.trash(workspace.pages().get(20));
        sync("{}");
        await().atMost(PATIENCE).untilAsserted(this::assertEqual);
    }

    @Test
    void publicIntegrationConnectsByConsent() {
        UUID page = workspace.addPage(null, "Consented");
        notion = NotionStandIn.start(workspace, FAST, PORT);
        JsonNode consent = service.post(user, "/v1/notion/oauth", "").is(200).json();
        String state = consent.get("state").stringValue();
        assertThat(consent.get("authorizationUrl").stringValue())
                .startsWith(notion.uri() + "/v1/oauth/authorize?")
                .contains("client_id=client")
                .contains("redirect_uri=https%3A%2F%2Fchat.example%2Fnotion")
                .contains("state=" + state);

        exchange(user, notion.code(), "made-up").is(422);
        exchange("eve", notion.code(), state).is(422);
        exchange(user, notion.code(), state).is(201);
        exchange(user, notion.code(), state).is(422);
        String next =
                service.post(user, "/v1/notion/oauth", "").json().get("state").stringValue();
        exchange(user, "wrong", next).is(422);
        exchange(user, "", "").isBad("code");
        await().atMost(PATIENCE).until(() -> !words(page).isEmpty());
    }

    @Test
    void pageOfFiftyThousandBlocksIsRead() {
        UUID page = workspace.addPage(null, "Long");
        workspace.writeMany(page, 50_000);
        notion = NotionStandIn.start(workspace, 100_000, PORT);
        connect(100_000);
        assertEqualInTheEnd();

        workspace.write(page, "one too many");
        sync("{}");
        await().atMost(PATIENCE)
                .until(() -> service.jdbc()
                        .sql("select skipped_blocks ->> 'too-many' from notion_entities where entity_id = :id")
                        .param("id", page)
                        .query(String.class)
                        .optional()
                        .isPresent());
    }

    private static void whileTriggered(String table, String condition, String statements, Runnable test) {
        service.jdbc().sql("""
                create function in_the_way() returns trigger as $$ begin %s end $$ language plpgsql;
                create trigger in_the_way before insert or update on %s
                for each row when (%s) execute function in_the_way()
                """.formatted(statements, table, condition)).update();
        try {
            test.run();
        } finally {
            service.jdbc().sql("drop function in_the_way cascade").update();
        }
    }

    private void fill(int pages, int databases, int rows) {
        new People(workspace, 3, Clock.systemUTC()).fill(pages, databases, rows);
    }

    private static Answer exchange(String user, String code, String state) {
        return service.post(
                user, "/v1/notion/oauth/exchange", "{\"code\": \"" + code + "\", \"state\": \"" + state + "\"}");
    }

    private String wish(int requestsPerMinute) {
        return "{\"token\": \"" + notion.token() + "\", \"requestsPerMinute\": " + requestsPerMinute + "}";
    }

    private String connect() {
        return connect(FAST);
    }

    private String connect(int requestsPerMinute) {
        return service.post(user, "/v1/notion/connections", wish(requestsPerMinute))
                .is(201)
                .json()
                .get("connectionId")
                .stringValue();
    }

    private JsonNode connection(String connectionId) {
        return service.get(user, "/v1/notion/connections/" + connectionId).json();
    }

    private String state(String connectionId) {
        return connection(connectionId).get("state").stringValue();
    }

    private JsonNode pages(String connectionId, String state) {
        return service.get(user, "/v1/notion/connections/" + connectionId + "/pages?state=" + state)
                .is(200)
                .json()
                .get("pages");
    }

    private JsonNode sync(String wish) {
        return service.post(user, "/v1/notion/sync", wish).is(202).json().at("/syncs/0");
    }

    private JsonNode run(JsonNode begun) {
        return service.get(user, "/v1/notion/syncs/" + begun.get("runId")).json();
    }

    private JsonNode firstRun() {
        JsonNode runs = service.get(user, "/v1/notion/syncs").json().get("syncs");
        return runs.get(runs.size() - 1);
    }

    private static boolean isDone(JsonNode run) {
        return run != null
                && List.of("success", "failed").contains(run.get("state").stringValue());
    }

    private void assertEqualInTheEnd() {
        JsonNode run = await().atMost(PATIENCE).until(this::firstRun, NotionTroubleIT::isDone);
        assertThat(run.get("state").stringValue()).as(run.toString()).isEqualTo("success");
        assertEqual();
    }

    private void assertEqual() {
        for (UUID page : workspace.pages()) {
            assertThat(words(page)).as(page.toString()).isEqualTo(workspace.words(page));
        }
        assertThat(
                        documents(
                                "source_type = 'notion' and not exists (select from notion_files f where f.file_id = d.source_id)"))
                .isEqualTo(workspace.pages().size());
    }

    private int documents(String which) {
        return service.jdbc()
                .sql("select count(*) from documents d where not deleted and user_id = :user and " + which)
                .param("user", user)
                .query(Integer.class)
                .single();
    }

    private int calls() {
        return notion.calls().values().stream().mapToInt(Integer::intValue).sum();
    }

    private List<String> words(UUID source) {
        UUID document = DocumentId.of(user, "notion", source.toString());
        Answer content = service.get(user, "/v1/documents/" + document + "/content");
        return content.status() == 404 ? List.of() : Words.ofMarkdown(content.text());
    }
}
