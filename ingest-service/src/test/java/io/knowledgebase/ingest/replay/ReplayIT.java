package io.knowledgebase.ingest.replay;

import static io.knowledgebase.ingest.IngestService.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.ingest.IngestService;
import io.knowledgebase.ingest.IngestService.Answer;
import io.knowledgebase.local.servers.KafkaBroker;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.schemas.event.DocumentAccepted;
import io.knowledgebase.schemas.event.DocumentDeleted;
import io.knowledgebase.schemas.event.Event;
import io.knowledgebase.schemas.event.EventCodec;
import io.knowledgebase.schemas.event.Topics;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** With a broker of its own, because publishing anew removes the documents of other databases from the topic. */
class ReplayIT {

    private static final int IN_FLIGHT = 8;

    private static KafkaBroker kafka;
    private static IngestService service;

    @BeforeAll
    static void start() {
        kafka = KafkaBroker.inTestFolder().start();
        service = IngestService.start(
                PostgresCluster.forTests(), "replay", kafka, "kb.publish.in-flight-per-user=" + IN_FLIGHT);
    }

    @AfterAll
    static void stop() {
        service.close();
        kafka.close();
    }

    @Test
    void documentsAreReplayedByIdUserSourceTypeAndTime() {
        UUID first = indexed("ann", "first");
        UUID second = indexed("ann", "second");
        UUID others = indexed("bob", "other");
        service.jdbc()
                .sql("update documents set updated_at = now() - interval '1 day' where document_id = :id")
                .param("id", first)
                .update();
        UUID deleted = indexed("ann", "deleted");
        service.delete("ann", "/v1/documents/" + deleted).is(204);

        assertThat(replayed("{\"documentId\": \"%s\"}".formatted(first))).isEqualTo(1);
        assertAttempts(first, 2, second, 1, others, 1);
        assertThat(replayed("{\"userId\": \"ann\", \"since\": \"2020-01-01T00:00:00Z\"}"))
                .isEqualTo(2);
        assertAttempts(first, 3, second, 2, others, 1);
        assertThat(replayed("{\"sourceType\": \"notion\"}")).isZero();
        assertThat(replayed("{\"sourceType\": \"upload\", \"userId\": \"bob\"}"))
                .isEqualTo(1);
        await().atMost(PATIENCE).until(() -> service.delivery(others).equals("published"));
        assertThat(IngestService.events(kafka, Set.of(others)))
                .extracting(Event::attempt)
                .containsExactly(1, 2);
        String anHourAgo = Instant.now().minus(Duration.ofHours(1)).toString();
        assertThat(replayed("{\"userId\": \"ann\", \"since\": \"%s\"}".formatted(anHourAgo)))
                .isEqualTo(1);
        assertAttempts(first, 3, second, 3, others, 2);
    }

    @Test
    void whatIsUploadedGoesPastWhatIsReplayed() {
        List<UUID> many =
                IntStream.range(0, 20).mapToObj(i -> indexed("cat", "d" + i)).toList();

        assertThat(replayed("{\"userId\": \"cat\"}")).isEqualTo(many.size());
        await().atMost(PATIENCE)
                .until(() ->
                        service.count("documents where user_id = 'cat' and delivery = 'published'") == IN_FLIGHT / 4);
        UUID fresh = service.upload("cat", "fresh", "x").is(202).documentId();

        await().atMost(PATIENCE).until(() -> service.delivery(fresh).equals("published"));
        assertThat(service.count("documents where user_id = 'cat' and delivery = 'pending'"))
                .isEqualTo(many.size() - IN_FLIGHT / 4);
    }

    @Test
    void wishesThatCannotBeAreRefused() {
        assertThat(replay("{}").is(400).text()).contains("documentId, userId, sourceType or since");
        assertThat(replay("{\"documentId\": \"%s\"}".formatted(UUID.randomUUID()))
                        .is(404)
                        .text())
                .contains("There is no document");
        assertThat(replay("{\"since\": \"yesterday\"}").is(400).text()).contains("since");
        assertThat(replay("{\"user\": \"ann\"}").is(400).text()).contains("user");
        service.post("ann", "/v1/republication").is(403);
        service.get("ann", "/v1/republication").is(403);
    }

    @Test
    void topicFollowsTheDocumentsAgainInAnEpochItHasNeverSeen() {
        UUID kept = indexed("dan", "kept");
        UUID deleted = indexed("dan", "deleted");
        service.delete("dan", "/v1/documents/" + deleted).is(204);
        UUID unknown = UUID.randomUUID();
        int lostAttempt = 3_000_007;
        await().atMost(PATIENCE).until(() -> service.delivery(kept).equals("settled"));
        produce(new DocumentAccepted(unknown, "dan", "upload", "lost", 4, lostAttempt, "0".repeat(64), 1));
        produce(new DocumentAccepted(kept, "dan", "upload", "kept", 9, 1, "0".repeat(64), 1));

        operator("POST", "/v1/republication", "").is(202);

        await().atMost(PATIENCE).until(() -> last(kept) != null && service.count("publication where republish") == 0);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(IngestService.events(kafka, Set.of(deleted)))
                        .endsWith(new DocumentDeleted(deleted, "dan", 2, 4_000_001)));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(IngestService.events(kafka, Set.of(kept)))
                        .last()
                        .extracting(Event::version, Event::attempt)
                        .containsExactly(1, 4_000_001));
        assertThat(last(unknown)).as("removed from the topic").isEqualTo(0);
        assertThat(last(kept)).isPositive();
        assertThat(operator("GET", "/v1/republication", "").is(200).text()).contains("\"epoch\":4", "\"wanted\":false");
        UUID later = service.upload("dan", "later", "x").is(202).documentId();
        assertThat(attempt(later)).isEqualTo(4_000_001);
        service.upload("dan", "kept", "changed").is(202);
        assertThat(attempt(kept)).isEqualTo(4_000_001);
    }

    private static UUID indexed(String user, String name) {
        UUID id = service.upload(user, name, name).is(202).documentId();
        await().atMost(PATIENCE).until(() -> service.delivery(id).equals("published"));
        service.index(id);
        return id;
    }

    private static int replayed(String wish) {
        return replay(wish).is(202).json().get("documents").intValue();
    }

    private static Answer replay(String wish) {
        return operator("POST", "/v1/replays", wish);
    }

    private static Answer operator(String method, String path, String body) {
        return service.send(service.request("operator", path)
                .setHeader("Authorization", "Bearer " + IngestService.token("operator", "kb:admin"))
                .header("Content-Type", "application/json")
                .method(method, BodyPublishers.ofString(body)));
    }

    private static void assertAttempts(UUID first, int one, UUID second, int two, UUID third, int three) {
        assertThat(List.of(attempt(first), attempt(second), attempt(third))).containsExactly(one, two, three);
        List.of(first, second, third).forEach(service::index);
    }

    private static int attempt(UUID id) {
        return service.jdbc()
                .sql("select attempt from documents where document_id = :id")
                .param("id", id)
                .query(Integer.class)
                .single();
    }

    private static void produce(Event event) {
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers()),
                new StringSerializer(),
                new ByteArraySerializer())) {
            ProducerRecord<String, byte[]> record =
                    new EventCodec("/kb/test", Clock.systemUTC()).write(Topics.DOCUMENTS, event);
            producer.send(record).get();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Bytes of the last record of a document, 0 if that removes it, null if there is none. */
    private static Integer last(UUID document) {
        List<Integer> sizes = new ArrayList<>();
        IngestService.readDocuments(
                kafka,
                batch -> batch.forEach(record -> {
                    if (record.key().equals(document.toString())) {
                        sizes.add(record.value() == null ? 0 : record.value().length);
                    }
                }));
        return sizes.isEmpty() ? null : sizes.get(sizes.size() - 1);
    }
}
