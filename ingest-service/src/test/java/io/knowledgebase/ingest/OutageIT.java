package io.knowledgebase.ingest;

import static io.knowledgebase.ingest.IngestService.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.ingest.IngestService.Answer;
import io.knowledgebase.local.servers.KafkaBroker;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.schemas.access.Caller;
import io.knowledgebase.schemas.event.Event;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class OutageIT {

    private static final Duration RECOVERY = Duration.ofSeconds(60);

    private static PostgresCluster postgres;
    private static KafkaBroker kafka;
    private static IngestService service;

    @BeforeAll
    static void start() {
        postgres = PostgresCluster.inTestFolder().start();
        kafka = KafkaBroker.inTestFolder().start();
        service = IngestService.start(postgres, "outage", kafka, "kb.publish.kafka-timeout=2s");
    }

    @AfterAll
    static void stop() {
        service.close();
        kafka.close();
        postgres.close();
    }

    @Test
    void uploadsAreTakenWithoutKafkaAndPublishedInOrderWhenItIsBack() {
        UUID before = service.upload("ann", "before", "x").is(202).documentId();
        await().atMost(PATIENCE).until(() -> service.delivery(before).equals("published"));
        kafka.kill();

        List<UUID> during = IntStream.range(0, 20)
                .mapToObj(i -> service.upload("ann", "d" + i, "first").is(202).documentId())
                .toList();
        await().atMost(RECOVERY)
                .untilAsserted(() -> assertThat(
                                readiness().is(200).json().get("status").stringValue())
                        .isEqualTo("DEGRADED"));
        service.get("ann", "/actuator/health/liveness").is(200);
        during.forEach(id -> assertThat(service.delivery(id)).isEqualTo("pending"));
        IntStream.range(0, 20)
                .forEach(i -> service.upload("ann", "d" + i, "second").is(202));

        kafka.start();

        await().atMost(RECOVERY)
                .until(() -> during.stream().allMatch(id -> service.delivery(id).equals("published")));
        for (UUID id : during) {
            List<Integer> versions = IngestService.events(kafka, Set.of(id)).stream()
                    .map(Event::version)
                    .toList();
            assertThat(versions).isSorted().endsWith(2);
        }
        await().atMost(RECOVERY)
                .untilAsserted(() -> assertThat(readiness().json().get("status").stringValue())
                        .isEqualTo("UP"));
    }

    @Test
    void deadLettersAreUnavailableWithoutKafkaAndThereAgainWithIt() {
        deadLetters().is(200);
        kafka.kill();

        Answer away = deadLetters().is(503);
        assertThat(away.header("Retry-After")).isNotNull();
        assertThat(away.header("Content-Type")).startsWith("application/problem+json");
        assertThat(away.text()).contains("Kafka");

        kafka.start();

        await().atMost(RECOVERY).until(() -> deadLetters().status() == 200);
    }

    @Test
    void withoutPostgresqlNothingIsStoredAndTheClientIsToldToComeBack() {
        service.upload("bob", "before", "x").is(202);
        postgres.kill();

        Answer away = service.upload("bob", "during", "x").is(503);
        assertThat(away.header("Retry-After")).isNotNull();
        assertThat(away.header("Content-Type")).startsWith("application/problem+json");
        assertThat(service.get("bob", "/v1/documents").is(503).header("Retry-After"))
                .isNotNull();
        readiness().is(503);
        service.get("bob", "/actuator/health/liveness").is(200);
        List<JsonNode> lines = service.batch("bob", "{\"externalId\": \"l\", \"text\": \"x\"}\n".repeat(450))
                .lines();
        assertThat(lines).isNotEmpty().allMatch(OutageIT::isUnavailable);

        postgres.start();

        UUID after = await().atMost(RECOVERY)
                .until(() -> service.upload("bob", "after", "x"), answer -> answer.status() == 202)
                .documentId();
        await().atMost(RECOVERY).until(() -> service.delivery(after).equals("published"));
        assertThat(service.count("documents where source_id = 'during'")).isZero();
        await().atMost(RECOVERY).until(() -> readiness().status() == 200);
    }

    @Test
    void batchTellsForEachLineWhetherItWasStoredBeforePostgresqlWent() throws Exception {
        service.get("cat", "/v1/documents").is(200);
        HttpURLConnection request = service.openBatch("cat");
        OutputStream client = request.getOutputStream();
        write(client, 0, 200);
        await().atMost(PATIENCE).until(() -> service.count("documents where user_id = 'cat'") >= 100);

        postgres.kill();
        write(client, 200, 500);
        client.close();
        List<JsonNode> lines = IngestService.answers(request);
        postgres.start();

        assertThat(lines).hasSize(500);
        long stored = lines.stream().filter(line -> line.has("documentId")).count();
        assertThat(stored).isBetween(100L, 200L);
        assertThat(lines.stream().filter(line -> !line.has("documentId"))).allMatch(OutageIT::isUnavailable);
        await().atMost(RECOVERY).until(() -> readiness().status() == 200);
    }

    private static boolean isUnavailable(JsonNode line) {
        return line.path("error").path("status").intValue(0) == 503;
    }

    private static Answer deadLetters() {
        return service.send(HttpRequest.newBuilder(service.uri("/v1/dead-letters"))
                .timeout(PATIENCE)
                .header("Authorization", "Bearer " + IngestService.token("operator", Caller.ADMIN)));
    }

    private static Answer readiness() {
        return service.send(HttpRequest.newBuilder(service.uri("/actuator/health/readiness")));
    }

    private static void write(OutputStream client, int from, int to) throws Exception {
        for (int i = from; i < to; i++) {
            client.write(
                    ("{\"externalId\": \"c" + i + "\", \"text\": \"x" + i + "\"}\n").getBytes(StandardCharsets.UTF_8));
        }
        client.flush();
    }
}
