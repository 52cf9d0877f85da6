package io.knowledgebase.local.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class KafkaBrokerIT {

    static KafkaBroker broker;

    @BeforeAll
    static void start() {
        broker = KafkaBroker.inTestFolder().start();
    }

    @AfterAll
    static void close() {
        broker.close();
    }

    @Test
    void keepsAcknowledgedEventsThroughACrash() throws Exception {
        createTopic("crash");
        try (KafkaProducer<String, String> producer = producer(Map.of())) {
            producer.send(new ProducerRecord<>("crash", "key", "kept")).get();
        }
        int port = broker.port();

        broker.kill();
        assertThat(broker.isRunning()).isFalse();
        broker.start();

        assertThat(broker.port()).isEqualTo(port);
        assertThat(read("crash", 1)).containsExactly("kept");
    }

    @Test
    void commitsTransactions() throws Exception {
        createTopic("transactions");
        try (KafkaProducer<String, String> producer = producer(Map.of("transactional.id", "test"))) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("transactions", "key", "aborted"));
            producer.abortTransaction();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("transactions", "key", "committed"));
            producer.commitTransaction();
        }
        assertThat(read("transactions", 1)).containsExactly("committed");
    }

    @Test
    void restartsOnTheSamePort() throws Exception {
        createTopic("restarted");
        broker.restart();
        try (Admin admin = Admin.create(connection())) {
            assertThat(admin.listTopics().names().get()).contains("restarted");
        }
    }

    @Test
    void createsNoTopicUnasked() {
        try (KafkaProducer<String, String> producer = producer(Map.of("max.block.ms", "1000"))) {
            assertThatThrownBy(() -> producer.send(new ProducerRecord<>("unknown", "key", "value"))
                            .get())
                    .hasRootCauseInstanceOf(org.apache.kafka.common.errors.UnknownTopicOrPartitionException.class)
                    .hasCauseInstanceOf(TimeoutException.class);
        }
    }

    @Test
    void itsFolderMayHaveAnyName() {
        Path parent = TestFolder.create("kafka");
        Path folder = parent.resolve("schöne Ablage");
        KafkaBroker other = KafkaBroker.detached(folder, parent.resolve("kafka.log"), Ports.free(), Ports.free());
        try {
            other.start();
            assertThat(other.isOutdated()).isFalse();
            assertThat(folder.resolve("data/meta.properties")).exists();
            assertThat(parent.toFile().list()).containsExactlyInAnyOrder("schöne Ablage", "kafka.log");
        } finally {
            other.kill();
            TestFolder.delete(parent);
        }
    }

    private static void createTopic(String name) throws Exception {
        try (Admin admin = Admin.create(connection())) {
            admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all().get();
        }
    }

    private static Map<String, Object> connection() {
        return Map.of("bootstrap.servers", broker.bootstrapServers());
    }

    private static KafkaProducer<String, String> producer(Map<String, Object> more) {
        Map<String, Object> settings = new java.util.HashMap<>(connection());
        settings.putAll(more);
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    private static List<String> read(String topic, int count) {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers",
                broker.bootstrapServers(),
                "isolation.level",
                "read_committed",
                "auto.offset.reset",
                "earliest");
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            List<String> values = new ArrayList<>();
            long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (values.size() < count && System.nanoTime() < deadline) {
                consumer.poll(Duration.ofMillis(200)).forEach(event -> values.add(event.value()));
            }
            return values;
        }
    }
}
