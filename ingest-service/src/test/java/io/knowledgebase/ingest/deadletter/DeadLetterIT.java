package io.knowledgebase.ingest.deadletter;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.ingest.IngestService;
import io.knowledgebase.ingest.IngestService.Answer;
import io.knowledgebase.local.servers.KafkaBroker;
import io.knowledgebase.schemas.access.Caller;
import io.knowledgebase.schemas.event.DocumentAccepted;
import io.knowledgebase.schemas.event.DocumentEmbedded;
import io.knowledgebase.schemas.event.EmbeddedChunk;
import io.knowledgebase.schemas.event.Event;
import io.knowledgebase.schemas.event.EventCodec;
import io.knowledgebase.schemas.event.Topics;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class DeadLetterIT {

    private static final String DOCUMENTS = Topics.DOCUMENTS + Topics.DEAD_LETTER_SUFFIX;
    private static final String CHUNKS = Topics.CHUNKS + Topics.DEAD_LETTER_SUFFIX;
    private static final EventCodec CODEC = new EventCodec("/kb/test", Clock.systemUTC());

    private static IngestService service;
    private static KafkaProducer<String, byte[]> producer;

    @BeforeAll
    static void start() {
        service = IngestService.start("deadletters");
        producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        KafkaBroker.forTests().bootstrapServers(),
                        ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                        "dead-letter-it"),
                new StringSerializer(),
                new ByteArraySerializer());
        producer.initTransactions();
    }

    @AfterAll
    static void stop() {
        producer.close();
        service.close();
    }

    @Test
    void letterIsListedWithItsCauseItsOriginAndWhatBecameOfItsDocumentSince() {
        UUID id = service.upload("ann", "poison.pdf", "x").is(202).documentId();
        ProducerRecord<String, byte[]> poison =
                letter(DOCUMENTS, new DocumentAccepted(id, "ann", "upload", "poison.pdf", 1, 2, "ab".repeat(32), 1));
        poison.headers()
                .add("kafka_dlt-original-topic", bytes(Topics.DOCUMENTS))
                .add(
                        "kafka_dlt-original-partition",
                        ByteBuffer.allocate(4).putInt(2).array())
                .add(
                        "kafka_dlt-original-offset",
                        ByteBuffer.allocate(8).putLong(17).array())
                .add("kafka_dlt-exception-fqcn", bytes("java.lang.IllegalStateException"))
                .add("kafka_dlt-exception-message", bytes("an event of 2000000 bytes\nand more"));
        String letterId = file(poison);

        JsonNode letter = listed(letterId);

        assertThat(Instant.parse(letter.get("time").stringValue())).isBefore(Instant.now());
        assertThat(letter.get("topic").stringValue()).isEqualTo(DOCUMENTS);
        assertThat(letter.get("key").stringValue()).isEqualTo(id.toString());
        assertThat(letter.get("documentId").stringValue()).isEqualTo(id.toString());
        assertThat(letter.get("version").intValue()).isEqualTo(1);
        assertThat(letter.get("attempt").intValue()).isEqualTo(2);
        assertThat(letter.at("/cause/class").stringValue()).isEqualTo("java.lang.IllegalStateException");
        assertThat(letter.at("/cause/message").stringValue()).isEqualTo("an event of 2000000 bytes");
        assertThat(letter.at("/original/topic").stringValue()).isEqualTo(Topics.DOCUMENTS);
        assertThat(letter.at("/original/partition").intValue()).isEqualTo(2);
        assertThat(letter.at("/original/offset").intValue()).isEqualTo(17);
        assertThat(documentStatus(letterId)).isEqualTo("accepted");
        service.fail(id, "internal");
        assertThat(documentStatus(letterId)).isEqualTo("failed");
        service.post("ann", "/v1/documents/" + id + "/requeue").is(202);
        assertThat(documentStatus(letterId)).isEqualTo("accepted");
        service.index(id);
        assertThat(documentStatus(letterId)).isEqualTo("indexed");
        service.delete("ann", "/v1/documents/" + id).is(204);
        assertThat(documentStatus(letterId)).isEqualTo("deleted");
    }

    private static String documentStatus(String letterId) {
        String inspected =
                inspect(letterId).is(200).json().get("documentStatus").stringValue();
        assertThat(listed(letterId).get("documentStatus").stringValue()).isEqualTo(inspected);
        return inspected;
    }

    @Test
    void letterWithoutADocumentIsListedToo() {
        String broken = file(new ProducerRecord<>(DOCUMENTS, "no id", bytes("{")));
        String empty = file(new ProducerRecord<>(CHUNKS, null, null));
        UUID unknown = UUID.randomUUID();
        String unknownDocument = file(new ProducerRecord<>(DOCUMENTS, unknown.toString(), bytes("[]")));

        assertThat(listed(broken).get("key").stringValue()).isEqualTo("no id");
        assertThat(listed(empty).get("key").isNull()).isTrue();
        for (String id : List.of(broken, empty)) {
            assertThat(listed(id).get("documentId").isNull()).isTrue();
            assertThat(listed(id).at("/cause/class").isNull()).isTrue();
            assertThat(listed(id).at("/original/offset").isNull()).isTrue();
        }
        assertThat(listed(unknownDocument).get("documentId").stringValue()).isEqualTo(unknown.toString());
        assertThat(listed(unknownDocument).get("documentStatus").isNull()).isTrue();
        assertThat(inspect(broken).is(200).json().at("/payload/fields").isNull())
                .isTrue();
        assertThat(inspect(broken).json().at("/payload/bytes").intValue()).isEqualTo(1);
        assertThat(inspect(empty).is(200).json().get("payload").isNull()).isTrue();
    }

    @Test
    void inspectedLetterShowsHeadersAndEnvelopeButNothingOfTheDocumentsText() {
        UUID id = UUID.randomUUID();
        String secret = "the lighthouse keeper's secret";
        EmbeddedChunk chunk = new EmbeddedChunk(
                0,
                "chunk-id",
                secret,
                secret,
                1,
                5,
                "cd".repeat(32),
                new float[] {0.25f, 0.5f},
                new int[] {123456},
                new float[] {0.75f});
        ProducerRecord<String, byte[]> poison = letter(
                CHUNKS,
                new DocumentEmbedded(
                        id,
                        "bob",
                        1,
                        3,
                        1,
                        0,
                        true,
                        2,
                        2,
                        0,
                        secret,
                        Map.of("author", secret),
                        List.of(secret),
                        List.of(chunk, chunk)));
        poison.headers()
                .add("kafka_dlt-original-consumer-group", bytes("kb-write-g1"))
                .add("kafka_dlt-exception-cause-fqcn", bytes("io.knowledgebase.schemas.event.MalformedEventException"))
                .add("kafka_dlt-exception-fqcn", bytes("org.springframework.kafka.ListenerExecutionFailedException"))
                .add("kafka_dlt-exception-message", bytes("Listener failed; not an event\n at " + secret))
                .add(
                        "kafka_dlt-exception-stacktrace",
                        bytes("a.B: Listener failed\n\tat a.B.c(B.java:1)\nCaused by: a.D: no int: \"" + secret
                                + "\"\n"));

        Answer answer = inspect(file(poison)).is(200);

        JsonNode letter = answer.json();
        assertThat(letter.at("/cause/class").stringValue())
                .isEqualTo("io.knowledgebase.schemas.event.MalformedEventException");
        assertThat(letter.at("/headers/ce_type").stringValue()).isEqualTo("kb.document.embedded.v1");
        assertThat(letter.at("/headers/kafka_dlt-original-consumer-group").stringValue())
                .isEqualTo("kb-write-g1");
        assertThat(letter.at("/headers/kafka_dlt-exception-stacktrace").stringValue())
                .isEqualTo("a.B\n\tat a.B.c(B.java:1)\nCaused by: a.D\n");
        assertThat(letter.at("/payload/fields/documentId").stringValue()).isEqualTo(id.toString());
        assertThat(letter.at("/payload/fields/userId").stringValue()).isEqualTo("bob");
        assertThat(letter.at("/payload/fields/last").booleanValue()).isTrue();
        assertThat(letter.at("/payload/chunks").intValue()).isEqualTo(2);
        assertThat(letter.at("/payload/bytes").intValue()).isEqualTo(poison.value().length);
        assertThat(answer.text()).doesNotContain("lighthouse", "vector", "termWeights", "123456", "chunk-id");
        assertThat(list("?limit=500").text()).doesNotContain("lighthouse");
    }

    @Test
    void pagesGoThroughTheLettersOfBothTopicsOldestFirst() {
        Instant later = Instant.now().plus(Duration.ofMinutes(10));
        List<String> mine = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            mine.add(file(new ProducerRecord<>(
                    i % 2 == 0 ? DOCUMENTS : CHUNKS, 0, later.plusSeconds(i).toEpochMilli(), "in turns", bytes("{}"))));
        }
        IntStream.range(0, 101).forEach(i -> file(new ProducerRecord<>(DOCUMENTS, "one of many", bytes("{}"))));

        JsonNode first = list("").json();

        assertThat(first.get("deadLetters").size()).as("the default limit").isEqualTo(100);
        assertThat(first.get("next").isString()).isTrue();
        List<String> all = ids(500);
        assertThat(all).doesNotHaveDuplicates();
        assertThat(all.stream().filter(mine::contains).toList()).isEqualTo(mine);
        assertThat(ids(17)).isEqualTo(all);
    }

    @Test
    void whatWasNeverCommittedIsNoLetter() throws Exception {
        String committed = file(new ProducerRecord<>(DOCUMENTS, "committed", bytes("{}")));
        producer.beginTransaction();
        RecordMetadata aborted = producer.send(new ProducerRecord<>(DOCUMENTS, "aborted", bytes("{}")))
                .get();
        producer.abortTransaction();

        assertThat(ids(500)).contains(committed).doesNotContain(DOCUMENTS + "-0-" + aborted.offset());
        inspect(DOCUMENTS + "-0-" + aborted.offset()).is(404);
        inspect(DOCUMENTS + "-0-" + (aborted.offset() + 1)).is(404);
    }

    @Test
    void unknownLettersAreNotFound() {
        file(new ProducerRecord<>(DOCUMENTS, "last", bytes("{}")));

        Answer answer = inspect(DOCUMENTS + "-0-999999999999").is(404);

        assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
        inspect(CHUNKS + "-77-0").is(404);
    }

    @Test
    void badRequestsNameTheField() {
        list("?limit=0").isBad("limit");
        list("?limit=501").isBad("limit");
        list("?limit=many").isBad("limit");
        list("?after=yesterday").isBad("after");
        list("?status=failed").isBad("status");
        inspect("letter").isBad("id");
        inspect(UUID.randomUUID().toString()).isBad("id");
        inspect(Topics.DOCUMENTS + "-0-0").isBad("id");
    }

    @Test
    void onlyOperatorsSeeDeadLetters() {
        String id = file(new ProducerRecord<>(DOCUMENTS, "not for everybody", bytes("{}")));
        for (String path : List.of("/v1/dead-letters", "/v1/dead-letters/" + id)) {
            assertThat(service.get("mallory", path).is(403).header("Content-Type"))
                    .startsWith("application/problem+json");
            as(IngestService.token("chat", Caller.ACT_AS), path).is(403);
            service.send(HttpRequest.newBuilder(service.uri(path))).is(401);
        }
    }

    private static List<String> ids(int limit) {
        List<String> ids = new ArrayList<>();
        String after = "";
        while (after != null) {
            JsonNode page = list("?limit=" + limit + after).is(200).json();
            page.get("deadLetters").forEach(letter -> ids.add(letter.get("id").stringValue()));
            after = page.get("next").isNull()
                    ? null
                    : "&after=" + page.get("next").stringValue();
        }
        return ids;
    }

    private static JsonNode listed(String id) {
        for (JsonNode letter : list("?limit=500").is(200).json().get("deadLetters")) {
            if (letter.get("id").stringValue().equals(id)) {
                return letter;
            }
        }
        throw new AssertionError(id + " is not listed");
    }

    private static Answer list(String query) {
        return as(IngestService.token("operator", Caller.ADMIN), "/v1/dead-letters" + query);
    }

    private static Answer inspect(String id) {
        return as(IngestService.token("operator", Caller.ADMIN), "/v1/dead-letters/" + id);
    }

    private static Answer as(String token, String path) {
        return service.send(HttpRequest.newBuilder(service.uri(path)).header("Authorization", "Bearer " + token));
    }

    private static ProducerRecord<String, byte[]> letter(String topic, Event event) {
        return CODEC.write(topic, event);
    }

    /** Files a letter in a transaction of its own, as the embedder does, and answers its id. */
    private static String file(ProducerRecord<String, byte[]> letter) {
        try {
            producer.beginTransaction();
            RecordMetadata place = producer.send(letter).get();
            producer.commitTransaction();
            return place.topic() + "-" + place.partition() + "-" + place.offset();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
