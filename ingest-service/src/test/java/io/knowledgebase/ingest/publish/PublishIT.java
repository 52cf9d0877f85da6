package io.knowledgebase.ingest.publish;

import static io.knowledgebase.ingest.IngestService.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.ingest.IngestService;
import io.knowledgebase.local.servers.KafkaBroker;
import io.knowledgebase.schemas.event.DocumentDeleted;
import io.knowledgebase.schemas.event.Event;
import io.knowledgebase.schemas.event.TopicOffsets;
import io.knowledgebase.schemas.event.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PublishIT {

    private static final KafkaBroker KAFKA = KafkaBroker.forTests();

    private static IngestService service;
    private static Admin admin;

    @BeforeAll
    static void start() {
        service = IngestService.start(
                "publish",
                "kb.publish.in-flight-per-user=5",
                "kb.publish.settle-check-after=200ms",
                "kb.publish.sweep-interval=100ms");
        admin = Admin.create(Map.of("bootstrap.servers", KAFKA.bootstrapServers()));
    }

    @AfterAll
    static void stop() {
        admin.close();
        service.close();
    }

    @BeforeEach
    void nothingIsConsumed() {
        service.jdbc().sql("update documents set delivery = 'settled'").update();
        commit(Topics.embedGroup(1), Topics.DOCUMENTS, partition -> 0L);
        commit(Topics.writeGroup(1), Topics.CHUNKS, partition -> 0L);
    }

    @Test
    void oneUsersManyFilesDoNotHoldUpAnothersOne() {
        List<UUID> many = upload("ann", 40);
        UUID one = upload("bob", 1).get(0);

        await().atMost(PATIENCE).until(() -> service.delivery(one).equals("published"));
        assertThat(published(many)).as("no more than the limit are in flight").hasSize(5);
    }

    @Test
    void whatSettlesMakesRoomForTheNextInOrder() {
        List<UUID> documents = upload("cat", 12);
        for (int settled = 0; settled < 12; settled++) {
            UUID next = documents.get(settled);
            await().atMost(PATIENCE).until(() -> service.delivery(next).equals("published"));
            service.index(next);
        }

        assertThat(IngestService.events(KAFKA, Set.copyOf(documents))).hasSize(12);
    }

    @Test
    void deletionsAreNeverHeldBack() {
        List<UUID> documents = upload("dan", 30);
        await().atMost(PATIENCE).until(() -> published(documents).size() == 5);

        UUID last = documents.get(29);
        service.delete("dan", "/v1/documents/" + last).is(204);

        await().atMost(PATIENCE).until(() -> service.delivery(last).equals("published"));
        assertThat(IngestService.events(KAFKA, Set.of(last)))
                .as("the version that was never published needs no event")
                .containsExactly(new DocumentDeleted(last, "dan", 2, 1));
    }

    @Test
    void versionsOfADocumentArePublishedInOrder() {
        UUID id = null;
        for (int version = 1; version <= 30; version++) {
            id = service.upload("eve", "busy", "version " + version).is(202).documentId();
        }
        UUID document = id;
        await().atMost(PATIENCE).until(() -> service.delivery(document).equals("published"));

        List<Integer> versions = IngestService.events(KAFKA, Set.of(document)).stream()
                .map(Event::version)
                .toList();
        assertThat(versions).isSorted().endsWith(30);
    }

    @Test
    void documentWhoseEventWaitsInTheQueueIsLeftAlone() {
        List<UUID> documents = upload("fay", 5);
        await().atMost(PATIENCE).until(() -> published(documents).size() == 5);
        int consumed = partition(documents.get(0));
        Map<Boolean, List<UUID>> byFate =
                documents.stream().collect(Collectors.partitioningBy(id -> partition(id) == consumed));
        assertThat(byFate.get(false)).as("documents of other partitions").isNotEmpty();

        Map<TopicPartition, Long> ends = ends(Topics.DOCUMENTS);
        commit(
                Topics.embedGroup(1),
                Topics.DOCUMENTS,
                partition -> partition.partition() == consumed ? ends.get(partition) : 0L);

        await().atMost(PATIENCE).until(() -> byFate.get(true).stream().allMatch(id -> attempt(id) > 1));
        assertThat(byFate.get(false)).allMatch(id -> attempt(id) == 1);
    }

    @Test
    void consumedDocumentThatNeverSettledIsPublishedAgain() {
        UUID id = upload("gus", 1).get(0);
        await().atMost(PATIENCE).until(() -> service.delivery(id).equals("published"));

        consumeDocuments();

        await().atMost(PATIENCE)
                .until(() -> IngestService.events(KAFKA, Set.of(id)).stream().anyMatch(event -> event.attempt() == 2));
    }

    @Test
    void resultThatTheWriterHasYetToReadIsNoLoss() {
        UUID id = upload("hal", 1).get(0);
        await().atMost(PATIENCE).until(() -> service.delivery(id).equals("published"));
        produce(Topics.CHUNKS, id);
        consumeDocuments();

        await().during(Duration.ofSeconds(1)).atMost(PATIENCE).until(() -> attempt(id) == 1);

        // The writer commits the offset after the event, which is before the marker that ends the transaction.
        Map<TopicPartition, Long> ends = ends(Topics.CHUNKS);
        commit(Topics.writeGroup(1), Topics.CHUNKS, partition -> Math.max(0, ends.get(partition) - 1));
        await().atMost(PATIENCE).until(() -> attempt(id) == 2);
    }

    @Test
    void documentThatWaitsAmongTheSlowOnesIsNoLoss() {
        UUID id = upload("max", 1).get(0);
        await().atMost(PATIENCE).until(() -> service.delivery(id).equals("published"));
        produce(Topics.SLOW_DOCUMENTS, id);
        consumeDocuments();

        await().during(Duration.ofSeconds(1)).atMost(PATIENCE).until(() -> attempt(id) == 1);

        Map<TopicPartition, Long> ends = ends(Topics.SLOW_DOCUMENTS);
        commit(Topics.embedGroup(1), Topics.SLOW_DOCUMENTS, ends::get);
        await().atMost(PATIENCE).until(() -> attempt(id) == 2);
    }

    @Test
    void resultWhoseTransactionHasNotReachedTheReadersIsNoLoss() {
        UUID id = upload("lea", 1).get(0);
        await().atMost(PATIENCE).until(() -> service.delivery(id).equals("published"));
        commit(Topics.writeGroup(1), Topics.CHUNKS, ends(Topics.CHUNKS)::get);
        try (KafkaProducer<String, byte[]> embedder = embedder()) {
            embedder.beginTransaction();
            embedder.send(new ProducerRecord<>(Topics.CHUNKS, id.toString(), new byte[] {1}));
            embedder.flush();
            consumeDocuments();

            await().during(Duration.ofSeconds(1)).atMost(PATIENCE).until(() -> attempt(id) == 1);

            embedder.commitTransaction();
        }
        commit(Topics.writeGroup(1), Topics.CHUNKS, ends(Topics.CHUNKS)::get);
        await().atMost(PATIENCE).until(() -> attempt(id) == 2);
    }

    @Test
    void settledDocumentIsNeverPublishedAgain() {
        UUID id = upload("ida", 1).get(0);
        await().atMost(PATIENCE).until(() -> service.delivery(id).equals("published"));
        service.index(id);
        consumeDocuments();

        await().during(Duration.ofSeconds(1)).atMost(PATIENCE).until(() -> attempt(id) == 1);
    }

    @Test
    void groupThatDoesNotExistYetHasConsumedNothing() {
        Map<String, Object> broker = Map.of("bootstrap.servers", KAFKA.bootstrapServers());
        try (TopicOffsets offsets = new TopicOffsets(broker, PATIENCE)) {
            assertThat(offsets.committed("a-group-to-come", Topics.DOCUMENTS)).isEmpty();
        }
    }

    @Test
    void metricsTellWhatIsOnItsWay() {
        upload("jim", 1);

        String metrics = service.get("jim", "/actuator/prometheus").is(200).text();

        assertThat(metrics)
                .contains("kb_documents{state=\"pending\"}", "kb_documents{state=\"published\"}")
                .contains("kb_documents{state=\"indexed\"}", "kb_documents{state=\"failed\"}")
                .contains("kb_documents{state=\"deleted\"}")
                .contains("kb_publish_seconds_count", "kb_uploads_total{outcome=\"accepted\"}");
    }

    @Test
    void ofTwoProcessesOnePublishes() {
        try (IngestService other = service.sibling()) {
            List<UUID> documents = IntStream.range(0, 5)
                    .mapToObj(i -> other.upload("kim", "k" + i, "x").is(202).documentId())
                    .toList();

            await().atMost(PATIENCE).until(() -> published(documents).size() == 5);
            assertThat(service.count("leases where name = 'publisher'")).isEqualTo(1);
            assertThat(IngestService.events(KAFKA, Set.copyOf(documents))).hasSize(5);
        }
    }

    private static List<UUID> upload(String user, int documents) {
        String lines = IntStream.range(0, documents)
                .mapToObj(i -> "{\"externalId\": \"d" + i + "\", \"text\": \"" + user + i + "\"}\n")
                .collect(Collectors.joining());
        return service.batch(user, lines).is(200).lines().stream()
                .map(answer -> UUID.fromString(answer.get("documentId").stringValue()))
                .toList();
    }

    private static List<UUID> published(List<UUID> documents) {
        return documents.stream()
                .filter(id -> service.delivery(id).equals("published"))
                .toList();
    }

    private static int attempt(UUID id) {
        return service.jdbc()
                .sql("select attempt from documents where document_id = :id")
                .param("id", id)
                .query(Integer.class)
                .single();
    }

    private static int partition(UUID id) {
        return service.jdbc()
                .sql("select published_partition from documents where document_id = :id")
                .param("id", id)
                .query(Integer.class)
                .single();
    }

    /** Does what the embedder does when it has consumed everything, and the writer when there is nothing to do. */
    private static void consumeDocuments() {
        Map<TopicPartition, Long> ends = ends(Topics.DOCUMENTS);
        commit(Topics.embedGroup(1), Topics.DOCUMENTS, ends::get);
    }

    private static void produce(String topic, UUID id) {
        try (KafkaProducer<String, byte[]> embedder = embedder()) {
            embedder.beginTransaction();
            embedder.send(new ProducerRecord<>(topic, id.toString(), new byte[] {1}));
            embedder.commitTransaction();
        }
    }

    private static KafkaProducer<String, byte[]> embedder() {
        KafkaProducer<String, byte[]> embedder = new KafkaProducer<>(
                Map.of("bootstrap.servers", KAFKA.bootstrapServers(), "transactional.id", "test-embedder"),
                new StringSerializer(),
                new ByteArraySerializer());
        embedder.initTransactions();
        return embedder;
    }

    private static Map<TopicPartition, Long> ends(String topic) {
        try (TopicOffsets offsets = new TopicOffsets(Map.of("bootstrap.servers", KAFKA.bootstrapServers()), PATIENCE)) {
            return offsets.ends(topic);
        }
    }

    private static void commit(String group, String topic, Function<TopicPartition, Long> offset) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        ends(topic)
                .keySet()
                .forEach(partition -> offsets.put(partition, new OffsetAndMetadata(offset.apply(partition))));
        try {
            admin.alterConsumerGroupOffsets(group, offsets).all().get();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
