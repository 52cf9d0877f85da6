package io.knowledgebase.ingest.notion.webhook;

import static io.knowledgebase.ingest.IngestService.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.ingest.IngestService;
import io.knowledgebase.ingest.IngestService.Answer;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class WebhookIT {

    private static final UUID WORKSPACE = UUID.randomUUID();
    private static final UUID SUBSCRIPTION = UUID.randomUUID();
    private static final String TOKEN = "secret_of_the_subscription";
    private static final String OPERATOR = "operator";

    private static IngestService service;

    @BeforeAll
    static void start() {
        service = IngestService.start(
                "webhook",
                "kb.notion.url=http://127.0.0.1:1",
                "kb.notion.keys=" + "5a".repeat(32),
                "kb.notion.webhook-max-size=10KB",
                "kb.notion.reconcile-every=1h");
        service.jdbc().sql("select ensure_user('ann')").query().listOfRows();
        service.jdbc().sql("""
                insert into notion_connections (connection_id, user_id, workspace_id, workspace_name, sealed_token,
                                                api_version, requests_per_minute, state)
                values (gen_random_uuid(), 'ann', :workspace, 'w', '', '2025-09-03', 180, 'needs-attention')
                """).param("workspace", WORKSPACE).update();
        open(60);
        post(null, handshake(TOKEN)).is(200);
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    @Test
    void tokenIsTakenOnceAndOnlyWhileAnOperatorHoldsTheWindowOpen() {
        post(null, handshake("secret_uninvited_of_20_characters")).is(403);
        JsonNode window = open(60);
        assertThat(window.get("verificationToken").isNull()).isTrue();

        post(signature(handshake("secret_b_of_20_characters"), "another"), handshake("secret_b_of_20_characters"))
                .is(401);
        post(
                        signature(handshake("secret_b_of_20_characters"), "secret_b_of_20_characters"),
                        handshake("secret_b_of_20_characters"))
                .is(200);

        JsonNode taken = verification(window);
        assertThat(taken.get("open").booleanValue()).isFalse();
        assertThat(taken.get("verificationToken").stringValue()).isEqualTo("secret_b_of_20_characters");
        post(null, handshake("secret_c_of_20_characters")).is(403);
        byte[] event = event("page.created", UUID.randomUUID(), UUID.randomUUID());
        post(signature(event, "secret_c_of_20_characters"), event).is(401);
        byte[] ours = event(SUBSCRIPTION);
        post(signature(ours, TOKEN), ours).is(200); // the one in use is still believed
    }

    @Test
    void whatIsNoTokenIsRefusedAndTheWindowStaysOpen() {
        JsonNode window = open(60);
        for (String token : List.of("5", "null", "\"short\"", "{}")) {
            post(null, ("{\"verification_token\":" + token + "}").getBytes(StandardCharsets.UTF_8))
                    .isBad("verification_token");
        }
        assertThat(verification(window).get("open").booleanValue()).isTrue();
        service.send(admin("/v1/notion/verifications/" + id(window)).DELETE()).is(204);
    }

    @Test
    void eventsAreAskedForAgainWhileTheKeyIsMissing() {
        byte[] event = event(SUBSCRIPTION);
        String which = " from notion_subscriptions where subscription_id = '" + SUBSCRIPTION + "'";
        byte[] sealed = service.jdbc()
                .sql("select sealed_token" + which)
                .query(byte[].class)
                .single();
        seal("sealed by another key".getBytes(StandardCharsets.UTF_8));
        try {
            assertThat(post(signature(event, TOKEN), event).is(503).text()).contains("kb.notion.keys");
            post(null, event).is(401);
        } finally {
            seal(sealed);
        }
        post(signature(event, TOKEN), event).is(200);
    }

    private static void seal(byte[] token) {
        service.jdbc()
                .sql("update notion_subscriptions set sealed_token = :token where subscription_id = :id")
                .param("token", token)
                .param("id", SUBSCRIPTION)
                .update();
    }

    @Test
    void windowThatIsClosedOrOverTakesNothing() {
        JsonNode window = open(60);
        service.send(admin("/v1/notion/verifications/" + id(window)).DELETE()).is(204);
        post(null, handshake("secret_late_of_20_characters")).is(403);
        assertThat(verification(window).get("open").booleanValue()).isFalse();

        open(1);
        await().atMost(PATIENCE)
                .until(() -> service.jdbc()
                        .sql("select open_until < clock_timestamp() from notion_window")
                        .query(Boolean.class)
                        .single());
        post(null, handshake("secret_later_of_20_characters")).is(403);
    }

    @Test
    void onlyOperatorsOpenWindowsAndSeeSubscriptions() {
        service.post("ann", "/v1/notion/verifications", "{}").is(403);
        service.get("ann", "/v1/notion/subscriptions").is(403);
        service.get("ann", "/v1/notion/verifications/" + UUID.randomUUID()).is(403);
        service.post(OPERATOR, "/v1/notion/verifications", "{\"seconds\": 0}", "kb:admin")
                .isBad("seconds");
        assertThat(service.send(admin("/v1/notion/subscriptions")).is(200).text())
                .doesNotContain(TOKEN);
        service.send(admin("/v1/notion/verifications/" + UUID.randomUUID())).is(404);
        service.send(admin("/v1/notion/subscriptions/" + UUID.randomUUID()).DELETE())
                .is(404);
    }

    @Test
    void eventBecomesATaskAndItsRepetitionNone() {
        UUID page = UUID.randomUUID();
        byte[] event = event("page.content_updated", SUBSCRIPTION, page);
        post(signature(event, TOKEN), event).is(200);
        post(signature(event, TOKEN), event).is(200);
        byte[] other = event("page.properties_updated", SUBSCRIPTION, page);
        post(signature(other, TOKEN), other).is(200);

        await().atMost(PATIENCE).until(() -> revision(page) == 2);
        await().during(java.time.Duration.ofMillis(500)).atMost(PATIENCE).until(() -> revision(page) == 2);
    }

    @Test
    void typesAndWorkspacesThatAreNotKnownAreAcceptedAndIgnored() {
        UUID entity = UUID.randomUUID();
        for (String type : List.of("view.created", "file_upload.completed", "hologram.projected", "hologram")) {
            byte[] event = event(type, SUBSCRIPTION, entity);
            post(signature(event, TOKEN), event).is(200);
        }
        byte[] elsewhere = new String(event("page.created", SUBSCRIPTION, entity), StandardCharsets.UTF_8)
                .replace(WORKSPACE.toString(), UUID.randomUUID().toString())
                .getBytes(StandardCharsets.UTF_8);
        post(signature(elsewhere, TOKEN), elsewhere).is(200);
        byte[] known = event("page.created", SUBSCRIPTION, UUID.randomUUID());
        post(signature(known, TOKEN), known).is(200);

        await().atMost(PATIENCE).until(() -> metric("outcome=\"ignored\"") >= 4);
        await().atMost(PATIENCE).until(() -> metric("outcome=\"unknown-workspace\"") >= 1);
        assertThat(revision(entity)).isZero();
    }

    @Test
    void whatIsForgedOrBrokenIsRefusedWithAReason() {
        byte[] event = event(SUBSCRIPTION);
        post(null, event).is(401);
        post("sha256=" + "0".repeat(64), event).is(401);
        post(signature(event, TOKEN).toUpperCase(java.util.Locale.ROOT), event).is(401);
        byte[] truncated = java.util.Arrays.copyOf(event, event.length - 10);
        post(signature(event, TOKEN), truncated).is(401);
        post(signature(truncated, TOKEN), truncated).isBad("body");
        for (String body : List.of("", "no json", "[]", "{}", "{\"id\": \"" + UUID.randomUUID() + "\"}")) {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            post(signature(bytes, TOKEN), bytes).isBad("body");
        }
        byte[] stranger = event(UUID.randomUUID());
        post(signature(stranger, TOKEN), stranger).is(401);
        byte[] large = new byte[10 * 1024 + 1];
        post(signature(large, TOKEN), large).is(413);
        service.get("ann", "/v1/webhooks/notion").is(405);
    }

    @Test
    void thousandEventsAreKeptHoweverLongNotionIsAway() {
        List<UUID> pages =
                IntStream.range(0, 1000).mapToObj(i -> UUID.randomUUID()).toList();
        IngestService.atOnce(pages.size(), i -> {
            byte[] event = event("page.created", SUBSCRIPTION, pages.get(i));
            return post(signature(event, TOKEN), event).is(200);
        });

        await().atMost(PATIENCE.multipliedBy(3))
                .until(() -> service.jdbc()
                                .sql("select count(*) from notion_tasks where entity_id = any (cast(:ids as uuid[]))")
                                .param("ids", pages.stream().map(UUID::toString).toArray(String[]::new))
                                .query(Long.class)
                                .single()
                        == 1000);
    }

    private static JsonNode open(int seconds) {
        return service.post(OPERATOR, "/v1/notion/verifications", "{\"seconds\": " + seconds + "}", "kb:admin")
                .is(201)
                .json();
    }

    private static JsonNode verification(JsonNode window) {
        return service.send(admin("/v1/notion/verifications/" + id(window)))
                .is(200)
                .json();
    }

    private static String id(JsonNode window) {
        return window.get("windowId").stringValue();
    }

    private static HttpRequest.Builder admin(String path) {
        return HttpRequest.newBuilder(service.uri(path))
                .header("Authorization", "Bearer " + IngestService.token(OPERATOR, "kb:admin"));
    }

    private static long revision(UUID entity) {
        return service.jdbc()
                .sql("select coalesce(max(revision), 0) from notion_tasks where entity_id = :id")
                .param("id", entity)
                .query(Long.class)
                .single();
    }

    private static double metric(String label) {
        return service.get("ann", "/actuator/prometheus")
                .text()
                .lines()
                .filter(line -> line.startsWith("kb_notion_events_total") && line.contains(label))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private static Answer post(String signature, byte[] body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(service.uri("/v1/webhooks/notion"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(body));
        if (signature != null) {
            request.header("X-Notion-Signature", signature);
        }
        return service.send(request);
    }

    private static byte[] handshake(String token) {
        return ("{\"verification_token\":\"" + token + "\"}").getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] event(UUID subscription) {
        return event("page.created", subscription, UUID.randomUUID());
    }

    private static byte[] event(String type, UUID subscription, UUID entity) {
        return """
                {"id": "%s", "timestamp": "2026-11-22T20:38:00.123Z", "workspace_id": "%s", "subscription_id": "%s",
                 "type": "%s", "entity": {"id": "%s", "type": "page"}, "attempt_number": 1, "data": {}}
                """.formatted(UUID.randomUUID(), WORKSPACE, subscription, type, entity)
                .getBytes(StandardCharsets.UTF_8);
    }

    private static String signature(byte[] body, String token) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(token.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return "sha256=" + HexFormat.of().formatHex(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
