package io.knowledgebase.ingest.notion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.ingest.IngestService;
import io.knowledgebase.ingest.IngestService.Answer;
import io.knowledgebase.local.standin.NotionStandIn;
import io.knowledgebase.local.standin.NotionStandIn.Trouble;
import io.knowledgebase.local.standin.People;
import io.knowledgebase.local.standin.Words;
import io.knowledgebase.local.standin.Workspace;
import io.knowledgebase.schemas.DocumentId;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Each test has a user and a workspace of its own; the service reads all of them from one stand-in's address. */
class NotionTroubleIT {

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String FAST = "\"requestsPerMinute\": 6000";

    private Workspace workspace = new Workspace(Clock.systemUTC());

    @ParameterizedTest
    @EnumSource(names = {"REFUSED", "BROKEN", "OVERLOADED"})
    void troubleInTheMidstOfASyncIsWaitedOut(Trouble trouble) {
        new People(workspace, 3, Clock.systemUTC()).fill(80, 1, 5);
        try (NotionStandIn notion = NotionStandIn.start(workspace, 6_000, 0);
                IngestService service = start("trouble_" + trouble, notion)) {
            connect(service, notion, "");
            await().atMost(PATIENCE).until(() -> service.count("notion_entities") > 10);
            notion.trouble(trouble);
            await().during(Duration.ofSeconds(3)).atMost(PATIENCE).until(() -> true);
            notion.trouble(Trouble.NONE);

            assertEqualInTheEnd(service);
            assertThat(run(service).get("failed").intValue()).isZero();
        }
    }

    @Test
    void limitIsKeptAndRefusalsAreWaitedOut() {
        new People(workspace, 4, Clock.systemUTC()).fill(20, 1, 2);
        try (NotionStandIn notion = NotionStandIn.start(workspace, 30, Duration.ofSeconds(5), 0);
                IngestService service = start("limit", notion)) {
            connect(service, notion, ", \"requestsPerMinute\": 600");
            await().atMost(PATIENCE).until(() -> notion.refused() > 0);
            await().atMost(PATIENCE).untilAsserted(() -> assertEqual(service));
        }
    }

    @Test
    void revokedTokenStopsReadingAndKeepsPagesUntilSomebodyConnectsAgain() {
        UUID page = workspace.addPage(null, "Page");
        workspace.write(page, "before");
        try (NotionStandIn notion = NotionStandIn.start(workspace, 6_000, 0);
                IngestService service = start("revoked", notion)) {
            String connection = connect(service, notion, "");
            assertEqualInTheEnd(service);
            notion.revoke();
            workspace.write(page, "after");
            JsonNode run =
                    service.post("ann", "/v1/notion/sync", "{}").is(202).json().at("/syncs/0");
            await().atMost(PATIENCE).until(() -> state(service, connection), "needs-attention"::equals);
            int calls = calls(notion);
            await().during(Duration.ofSeconds(2)).atMost(PATIENCE).until(() -> calls(notion) == calls);
            assertThat(words(service, page)).contains("before").doesNotContain("after");
            assertThat(service.get("ann", "/v1/notion/connections/" + connection)
                            .json()
                            .get("detail")
                            .stringValue())
                    .contains("Connect again");

            assertThat(connect(service, notion, "")).isEqualTo(connection);
            await().atMost(PATIENCE).untilAsserted(() -> assertEqual(service));
            await().atMost(PATIENCE)
                    .until(
                            () -> service.get("ann", "/v1/notion/syncs/" + run.get("runId"))
                                    .json()
                                    .get("state")
                                    .stringValue(),
                            "success"::equals);
        }
    }

    @Test
    void oneWorkspaceInTroubleDoesNotDelayAnother() {
        new People(workspace, 6, Clock.systemUTC()).fill(30, 0, 0);
        try (NotionStandIn notion = NotionStandIn.start(workspace, 6_000, 0);
                IngestService service = start("fair", notion)) {
            // Its budget lets two requests a minute through.
            service.post("slow", "/v1/notion/connections", wish(notion, ", \"requestsPerMinute\": 2"))
                    .is(201);
            connect(service, notion, "");
            assertEqualInTheEnd(service);
            assertThat(service.get("slow", "/v1/notion/connections")
                            .json()
                            .at("/connections/0/pages")
                            .asInt())
                    .isLessThan(5);
        }
    }

    @Test
    void deletedConnectionTakesItsPagesWithIt() {
        new People(workspace, 7, Clock.systemUTC()).fill(30, 1, 5);
        UUID block = workspace.attach(workspace.pages().get(0), "f.txt", new byte[] {65});
        try (NotionStandIn notion = NotionStandIn.start(workspace, 6_000, 0);
                IngestService service = start("removed", notion)) {
            String connection = connect(service, notion, "");
            UUID uploaded = service.upload("ann", "own.txt", "stays").is(202).documentId();
            assertEqualInTheEnd(service);
            assertThat(words(service, "ann", block.toString())).isNotEmpty();

            service.delete("ann", "/v1/notion/connections/" + connection).is(202);

            await().atMost(PATIENCE)
                    .until(() -> service.get("ann", "/v1/notion/connections/" + connection)
                                    .status()
                            == 404);
            assertThat(service.jdbc()
                            .sql("select count(*) from documents where not deleted")
                            .query(Long.class)
                            .single())
                    .isEqualTo(1);
            service.get("ann", "/v1/documents/" + uploaded + "/content").is(200);
            connect(service, notion, "");
            assertEqualInTheEnd(service);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"2022-06-28", "2026-03-11"})
    void otherVersionsOfTheApiGiveTheSameDocuments(String version) {
        new People(workspace, 8, Clock.systemUTC()).fill(25, 2, 5);
        try (NotionStandIn notion = NotionStandIn.start(workspace, 6_000, 0);
                IngestService service = start("version_" + version.substring(0, 4), notion)) {
            connect(service, notion, ", \"apiVersion\": \"" + version + "\"");
            assertEqualInTheEnd(service);
            UUID gone = workspace.pages().get(20);
            workspace.trash(gone);
            service.post("ann", "/v1/notion/sync", "{}").is(202);
            await().atMost(PATIENCE).untilAsserted(() -> assertEqual(service));
        }
    }

    @Test
    void publicIntegrationConnectsByConsent() {
        UUID page = workspace.addPage(null, "Consented");
        try (NotionStandIn notion = NotionStandIn.start(workspace, 6_000, 0);
                IngestService service = start(
                        "consent",
                        notion,
                        "kb.notion.oauth-client-id=client",
                        "kb.notion.oauth-client-secret=secret",
                        "kb.notion.oauth-redirect-uri=https://chat.example/notion")) {
            JsonNode consent =
                    service.post("ann", "/v1/notion/oauth", "").is(200).json();
            String state = consent.get("state").stringValue();
            assertThat(consent.get("authorizationUrl").stringValue())
                    .startsWith(notion.uri() + "/v1/oauth/authorize?")
                    .contains("client_id=client")
                    .contains("redirect_uri=https%3A%2F%2Fchat.example%2Fnotion")
                    .contains("state=" + state);

            exchange(service, "ann", notion.code(), "made-up").is(422);
            exchange(service, "eve", notion.code(), state).is(422);
            exchange(service, "ann", notion.code(), state).is(201);
            exchange(service, "ann", notion.code(), state).is(422);
            String next = service.post("ann", "/v1/notion/oauth", "")
                    .json()
                    .get("state")
                    .stringValue();
            exchange(service, "ann", "wrong", next).is(422);
            exchange(service, "ann", "", "").isBad("code");
            await().atMost(PATIENCE).until(() -> !words(service, page).isEmpty());
        }
    }

    @Test
    void pageOfFiftyThousandBlocksIsRead() {
        UUID page = workspace.addPage(null, "Long");
        workspace.writeMany(page, 50_000);
        try (NotionStandIn notion = NotionStandIn.start(workspace, 100_000, 0);
                IngestService service = start("long", notion, "kb.notion.max-blocks=50000")) {
            connect(service, notion, ", \"requestsPerMinute\": 100000");
            assertEqualInTheEnd(service);

            workspace.write(page, "one too many");
            service.post("ann", "/v1/notion/sync", "{}").is(202);
            await().atMost(PATIENCE)
                    .until(() -> service.jdbc()
                            .sql("select skipped_blocks ->> 'too-many' from notion_entities where entity_id = :id")
                            .param("id", page)
                            .query(String.class)
                            .optional()
                            .isPresent());
        }
    }

    private static Answer exchange(IngestService service, String user, String code, String state) {
        return service.post(
                user, "/v1/notion/oauth/exchange", "{\"code\": \"" + code + "\", \"state\": \"" + state + "\"}");
    }

    private static IngestService start(String database, NotionStandIn notion, String... more) {
        List<String> properties = new java.util.ArrayList<>(List.of(
                "kb.notion.url=" + notion.uri(),
                "kb.notion.keys=" + "5a".repeat(32),
                "kb.notion.debounce=100ms",
                "kb.notion.reconcile-every=1h"));
        properties.addAll(List.of(more));
        return IngestService.start(
                "notion_" + database.toLowerCase(java.util.Locale.ROOT), properties.toArray(String[]::new));
    }

    private static String wish(NotionStandIn notion, String more) {
        return "{\"token\": \"" + notion.token() + "\""
                + (more.contains("requestsPerMinute") ? more : ", " + FAST + more) + "}";
    }

    private static String connect(IngestService service, NotionStandIn notion, String more) {
        return service.post("ann", "/v1/notion/connections", wish(notion, more))
                .is(201)
                .json()
                .get("connectionId")
                .stringValue();
    }

    private void assertEqualInTheEnd(IngestService service) {
        await().atMost(PATIENCE)
                .until(() -> run(service) != null
                        && run(service).get("state").stringValue().equals("success"));
        assertEqual(service);
    }

    private void assertEqual(IngestService service) {
        for (UUID page : workspace.pages()) {
            assertThat(words(service, page)).as(page.toString()).isEqualTo(workspace.words(page));
        }
        assertThat(service.jdbc()
                        .sql("select count(*) from documents d where not deleted and source_type = 'notion'"
                                + " and not exists (select from notion_files f where f.file_id = d.source_id)")
                        .query(Integer.class)
                        .single())
                .isEqualTo(workspace.pages().size());
    }

    private static JsonNode run(IngestService service) {
        JsonNode runs = service.get("ann", "/v1/notion/syncs").json().get("syncs");
        return runs.get(runs.size() - 1);
    }

    private static String state(IngestService service, String connection) {
        return service.get("ann", "/v1/notion/connections/" + connection)
                .json()
                .get("state")
                .stringValue();
    }

    private static int calls(NotionStandIn notion) {
        return notion.calls().values().stream().mapToInt(Integer::intValue).sum();
    }

    private static List<String> words(IngestService service, UUID page) {
        return words(service, "ann", page.toString());
    }

    private static List<String> words(IngestService service, String user, String sourceId) {
        UUID document = DocumentId.of(user, "notion", sourceId);
        Answer content = service.get(user, "/v1/documents/" + document + "/content");
        return content.status() == 404 ? List.of() : Words.ofMarkdown(content.text());
    }
}
