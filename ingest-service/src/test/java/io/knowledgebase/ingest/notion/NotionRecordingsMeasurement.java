package io.knowledgebase.ingest.notion;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.knowledgebase.ingest.IngestService;
import io.knowledgebase.ingest.notion.api.ApiVersion;
import io.knowledgebase.ingest.notion.api.NotionApi;
import io.knowledgebase.ingest.notion.api.NotionClient;
import io.knowledgebase.ingest.notion.api.NotionException;
import io.knowledgebase.ingest.notion.api.RequestBudget;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Notion's published webhooks through the real endpoint, and its recorded answers through the real client. Not part of
 * the tests, which have no data of others:
 * {@code ./kb test -pl schemas,local-servers,ingest-service -Dtest=NotionRecordingsMeasurement -DskipITs
 * -Dsurefire.failIfNoSpecifiedTests=false -Dkb.notion.data=DIR}
 */
class NotionRecordingsMeasurement {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Path DATA = Path.of(System.getProperty("kb.notion.data", ""));

    @Test
    void publishedWebhooksAreTaken() throws Exception {
        JsonNode vector = JSON.readTree(DATA.resolve("webhooks/_signature_test_vector.json"));
        String token = vector.get("verification_token").stringValue();
        try (IngestService service = IngestService.start(
                        "recordings", "kb.notion.url=http://127.0.0.1:1", "kb.notion.keys=" + "5a".repeat(32));
                Stream<Path> files = Files.list(DATA.resolve("webhooks"))) {
            service.post("op", "/v1/notion/verifications", "{}", "kb:admin").is(201);
            byte[] handshake = vector.get("raw_body").stringValue().getBytes(StandardCharsets.UTF_8);
            post(service, vector.get("X-Notion-Signature").stringValue(), handshake)
                    .is(200);
            List<Path> samples = files.filter(
                            file -> !file.getFileName().toString().startsWith("_"))
                    .sorted()
                    .toList();
            for (Path sample : samples) {
                byte[] body = Files.readAllBytes(sample);
                post(service, "sha256=" + "0".repeat(64), body).is(401);
                post(service, signature(body, token), body).is(200);
            }
            System.out.println("signature vector and " + samples.size() + " published webhooks taken");
        }
    }

    private static IngestService.Answer post(IngestService service, String signature, byte[] body) {
        return service.send(HttpRequest.newBuilder(service.uri("/v1/webhooks/notion"))
                .header("Content-Type", "application/json")
                .header("X-Notion-Signature", signature)
                .POST(BodyPublishers.ofByteArray(body)));
    }

    private static String signature(byte[] body, String token) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(token.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        return "sha256=" + HexFormat.of().formatHex(mac.doFinal(body));
    }

    @Test
    void recordedAnswersAreRead() throws IOException {
        Map<String, Integer> read = new TreeMap<>();
        try (Stream<Path> files = Files.list(DATA.resolve("recorded_api_2025-09-03"))) {
            for (Path file : files.sorted().toList()) {
                for (JsonNode exchange : JSON.readTree(file)) {
                    replay(exchange, read);
                }
            }
        }
        System.out.println("recorded answers read: " + read);
        assertThat(read.values().stream().mapToInt(Integer::intValue).sum()).isGreaterThan(30);
    }

    private static void replay(JsonNode exchange, Map<String, Integer> read) throws IOException {
        JsonNode request = exchange.get("request");
        String method = request.get("method").stringValue();
        URI uri = URI.create(request.get("uri").stringValue());
        String[] path = uri.getPath().split("/", -1);
        Consumer<NotionClient> call = call(method, path, uri);
        if (call == null) {
            return; // not asked for by this client
        }
        int status = exchange.at("/response/status").intValue();
        List<String> asked = new ArrayList<>();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", answered -> {
            asked.add(
                    answered.getRequestMethod() + " " + answered.getRequestURI().getPath());
            JsonNode body = exchange.at("/response/body");
            // What follows a page of a list was recorded apart.
            byte[] bytes = body.toString()
                    .replace("\"has_more\":true", "\"has_more\":false")
                    .getBytes(StandardCharsets.UTF_8);
            answered.sendResponseHeaders(status, bytes.length);
            answered.getResponseBody().write(bytes);
            answered.close();
        });
        server.start();
        try {
            NotionApi api = new NotionApi(
                    URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
                    Duration.ofSeconds(5),
                    new SimpleMeterRegistry());
            try {
                call.accept(api.client("t", ApiVersion.V2025_09_03, RequestBudget.unlimited(), pause -> {}));
                assertThat(status).isEqualTo(200);
            } catch (NotionException e) {
                assertThat(status).as(e.getMessage()).isNotEqualTo(200);
            }
            assertThat(asked).containsExactly(method + " " + uri.getPath());
            read.merge(method + " " + path[2] + (path.length > 4 ? "/" + path[4] : "") + " " + status, 1, Integer::sum);
        } finally {
            server.stop(0);
        }
    }

    private static Consumer<NotionClient> call(String method, String[] path, URI uri) {
        if (path.length < 3 || !path[1].equals("v1")) {
            return null;
        }
        String id = path.length > 3 ? path[3] : "";
        String part = path.length > 4 ? path[4] : "";
        return switch (method + " " + path[2] + " " + part) {
            case "GET users " -> id.equals("me") ? NotionClient::me : id.isEmpty() ? null : client -> client.user(id);
            case "GET pages " -> client -> client.page(id);
            case "GET pages properties" -> client -> client.property(id, path[5], item -> true);
            case "GET blocks " -> client -> client.block(id);
            case "GET blocks children" -> client -> client.children(id, block -> true);
            case "GET databases " -> client -> client.database(id);
            case "GET data_sources " -> client -> client.dataSource(id);
            case "POST data_sources query" -> client -> client.rows(id, null, row -> true);
            case "POST search " -> client -> client.searchPages(page -> true);
            case "GET comments " ->
                uri.getQuery() == null
                        ? null
                        : client -> client.comments(uri.getQuery().replace("block_id=", ""), comment -> true);
            default -> null;
        };
    }
}
