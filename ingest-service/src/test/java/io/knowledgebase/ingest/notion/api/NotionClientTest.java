package io.knowledgebase.ingest.notion.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.knowledgebase.ingest.notion.api.NotionException.Kind;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NotionClientTest {

    private static final Duration SHORT = Duration.ofMillis(300);

    private final MeterRegistry meters = new SimpleMeterRegistry();
    private final Deque<Answer> answers = new ArrayDeque<>();
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    private final List<Duration> pauses = new ArrayList<>();
    private HttpServer server;
    private NotionApi api;
    private NotionClient client;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().getFirst("Notion-Version") + " "
                    + exchange.getRequestHeaders().getFirst("Authorization") + " "
                    + new String(body, StandardCharsets.UTF_8));
            Answer answer = answers.size() > 1 ? answers.removeFirst() : answers.getFirst();
            if (answer.retryAfter != null) {
                exchange.getResponseHeaders().set("Retry-After", answer.retryAfter);
            }
            byte[] bytes = answer.body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
        api = new NotionApi(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort()), Duration.ofSeconds(5), meters);
        client = api.client("ntn_x", ApiVersion.V2026_03_11, RequestBudget.unlimited(), pauses::add);
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void requestsCarryTokenAndVersion() {
        answer(200, "{\"id\": \"p\"}");

        assertThat(client.page("p").path("id").asString()).isEqualTo("p");
        assertThat(requests).containsExactly("GET /v1/pages/p 2026-03-11 Bearer ntn_x ");
    }

    @Test
    void listsAreReadToTheirEnd() {
        answer(200, "{\"results\": [{\"n\": 1}, {\"n\": 2}], \"has_more\": true, \"next_cursor\": \"c &\"}");
        answer(200, "{\"results\": [{\"n\": 3}], \"has_more\": false, \"next_cursor\": null}");
        List<Integer> seen = new ArrayList<>();

        client.searchPages(entry -> seen.add(entry.path("n").asInt()));

        assertThat(seen).containsExactly(1, 2, 3);
        assertThat(requests.get(1)).contains("POST /v1/search").contains("\"start_cursor\":\"c &\"");
    }

    @Test
    void listsEndWhereTheReaderHasEnough() {
        answer(200, "{\"results\": [{\"n\": 1}, {\"n\": 2}], \"has_more\": true, \"next_cursor\": \"c\"}");

        client.children("b", entry -> false);

        assertThat(requests).hasSize(1);
    }

    @Test
    void listThatLeadsNowhereIsNoEndlessLoop() {
        answer(200, "{\"results\": [], \"has_more\": true, \"next_cursor\": \"c\"}");

        assertKind(Kind.REJECTED, () -> client.children("b", entry -> true));
        assertThat(requests).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({"429, 0", "529, 0", "429, 0.01"})
    void refusalToServeNowIsWaitedOutWhateverWasAsked(int status, String retryAfter) {
        answers.add(new Answer(status, "{}", retryAfter));
        answers.add(new Answer(status, "{}", retryAfter));
        answer(200, "{\"results\": []}");

        client.searchPages(entry -> true);

        assertThat(requests).hasSize(3);
        assertThat(pauses).hasSize(2);
    }

    @Test
    void retryAfterMayBeADate() {
        String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                ZonedDateTime.now(ZoneOffset.UTC).plusMinutes(10));
        answers.add(new Answer(429, "{}", date));

        assertThatThrownBy(() -> client.page("p")).isInstanceOfSatisfying(NotionException.class, e -> {
            assertThat(e.kind()).isEqualTo(Kind.BUSY);
            assertThat(e.retryAfter()).isBetween(Duration.ofMinutes(9), Duration.ofMinutes(10));
        });
        assertThat(requests).as("who is to wait long gives the thread back").hasSize(1);
    }

    @Test
    void onlyReadingIsRepeatedAfterAnError() {
        answer(500, "{}");
        answer(502, "{}");
        answer(200, "{\"id\": \"p\"}");
        assertThat(client.page("p").path("id").asString()).isEqualTo("p");
        assertThat(requests).hasSize(3);

        requests.clear();
        answers.clear();
        answer(500, "{}");
        assertKind(Kind.AWAY, () -> client.searchPages(entry -> true));
        assertThat(requests).hasSize(1);
        requests.clear();
        assertKind(Kind.AWAY, () -> client.page("p"));
        assertThat(requests).hasSize(3);
    }

    @ParameterizedTest
    @CsvSource({
        "400, validation_error, REJECTED",
        "401, unauthorized, UNAUTHORIZED",
        "403, restricted_resource, FORBIDDEN",
        "404, object_not_found, NOT_FOUND",
        "409, conflict_error, AWAY",
        "302, x, REJECTED"
    })
    void otherAnswersSayWhatFollows(int status, String code, Kind kind) {
        answer(status, "{\"object\": \"error\", \"code\": \"" + code + "\", \"message\": \"told\"}");

        assertKind(kind, () -> client.page("p"));
        assertThat(requests).hasSize(1);
    }

    @Test
    void whatIsNotJsonIsNoAnswer() {
        answer(200, "<html>");
        assertKind(Kind.AWAY, () -> client.page("p"));
        answers.clear();
        answer(400, "<html>");
        assertKind(Kind.REJECTED, () -> client.page("p"));
    }

    @Test
    void nobodyThereIsAway() {
        server.stop(0);
        assertKind(Kind.AWAY, () -> client.page("p"));
    }

    @Test
    void answerThatStallsIsAway() {
        CountDownLatch end = new CountDownLatch(1);
        server.removeContext("/");
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 100);
            exchange.getResponseBody().write('{');
            exchange.getResponseBody().flush();
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.close();
        });
        NotionApi impatient = new NotionApi(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort()), SHORT, meters);
        try {
            assertKind(
                    Kind.AWAY,
                    () -> impatient
                            .client("ntn_x", ApiVersion.DEFAULT, RequestBudget.unlimited(), pauses::add)
                            .searchPages(entry -> true));
        } finally {
            end.countDown();
        }
    }

    @Test
    void rowsAreAskedForByVersion() {
        answer(200, "{\"results\": []}");
        client.rows("d", null, row -> true);
        api.client("t", ApiVersion.V2022_06_28, RequestBudget.unlimited(), pauses::add)
                .rows("d", java.time.Instant.parse("2026-01-01T00:00:00Z"), row -> true);

        assertThat(requests.get(0)).contains("/v1/data_sources/d/query");
        assertThat(requests.get(1))
                .contains("/v1/databases/d/query")
                .contains("\"on_or_after\":\"2026-01-01T00:00:00Z\"");
    }

    @Test
    void filesAreFetchedWithoutTokenAndUpToALimit(@TempDir Path folder) throws IOException {
        answer(200, "0123456789");
        Path file = folder.resolve("f");
        String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/f?X=1";

        api.download(url, file, 10);

        assertThat(Files.readString(file)).isEqualTo("0123456789");
        assertThat(requests).containsExactly("GET /f?X=1 null null ");
        assertKind(Kind.REJECTED, () -> api.download(url, file, 9));
        assertKind(Kind.REJECTED, () -> api.download("no url", file, 9));
        answers.clear();
        answer(403, "expired");
        assertKind(Kind.FORBIDDEN, () -> api.download(url, file, 10));
    }

    private static void assertKind(Kind kind, Runnable call) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(NotionException.class, e -> {
            assertThat(e.kind()).isEqualTo(kind);
            assertThat(e.getMessage()).doesNotContain("ntn_x");
        });
    }

    private void answer(int status, String body) {
        answers.add(new Answer(status, body, null));
    }

    private record Answer(int status, String body, String retryAfter) {}
}
