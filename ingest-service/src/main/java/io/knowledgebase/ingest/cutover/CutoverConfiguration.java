package io.knowledgebase.ingest.cutover;

import io.knowledgebase.ingest.cutover.capture.Capture;
import io.knowledgebase.ingest.cutover.debezium.OffsetStore;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore;
import io.knowledgebase.ingest.cutover.legacy.LegacyTopics;
import io.knowledgebase.ingest.cutover.legacy.MovedRowStore;
import io.knowledgebase.ingest.cutover.legacy.Secrets;
import io.knowledgebase.ingest.cutover.qdrant.QdrantConfiguration;
import io.knowledgebase.ingest.cutover.qdrant.QdrantImport;
import io.knowledgebase.ingest.cutover.sink.Sink;
import io.knowledgebase.ingest.cutover.sink.SinkConfiguration;
import io.knowledgebase.ingest.cutover.sink.SinkLoop;
import io.knowledgebase.ingest.cutover.verify.TouchedRows;
import io.knowledgebase.ingest.cutover.verify.Verification;
import io.knowledgebase.ingest.cutover.verify.VerifyConfiguration;
import io.knowledgebase.ingest.cutover.wayback.DebeziumAddress;
import io.knowledgebase.ingest.cutover.wayback.WayBack;
import io.knowledgebase.ingest.cutover.wayback.WayBackStore;
import io.knowledgebase.ingest.seal.Seal;
import io.knowledgebase.schemas.database.Lease;
import io.knowledgebase.schemas.event.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** The objects of the feature {@code cutover}. */
@Configuration(proxyBeanMethods = false)
@Import({QdrantConfiguration.class, SinkConfiguration.class, VerifyConfiguration.class})
public class CutoverConfiguration {

    private static final Duration LEASE = Duration.ofSeconds(15);
    private static final int RECORDS_AT_ONCE = 5_000;

    @Bean
    CutoverController cutoverController(Cutover cutover) {
        return new CutoverController(cutover);
    }

    @Bean
    Cutover cutover(
            JdbcClient jdbc,
            TransactionTemplate transaction,
            QdrantImport points,
            Seal seal,
            LegacyTopics legacyTopics,
            Sink legacySink) {
        return new Cutover(
                new CutoverStore(jdbc, transaction),
                new WayBackStore(jdbc),
                points,
                new OffsetStore(jdbc, transaction),
                seal,
                legacyTopics,
                legacySink);
    }

    @Bean(initMethod = "start")
    Runner cutoverRunner(
            JdbcClient jdbc,
            TransactionTemplate transaction,
            KafkaProperties kafka,
            JdbcConnectionDetails database,
            Seal seal,
            Sink legacySink,
            Verification verification,
            TouchedRows touchedRows,
            QdrantImport points,
            LegacyTopics legacyTopics) {
        OffsetStore offsets = new OffsetStore(jdbc, transaction);
        CutoverStore store = new CutoverStore(jdbc, transaction);
        WayBackStore wayBacks = new WayBackStore(jdbc);
        Function<CutoverStore.Kept, Forward> forwards = kept -> {
            LegacyFileStore watched = kept.exports() == null ? Steps.open(kept) : null; // first, because it may fail
            return new Forward(
                    new Capture(
                            kept.exportsFolder() == null
                                    ? Capture.Source.file(Path.of(kept.source()))
                                    : Capture.Source.exports(Path.of(kept.source())),
                            kept.tables(),
                            offsets,
                            producer(kafka),
                            new Secrets(seal)),
                    new SinkLoop(legacySink, kept.tables(), consumer(kafka)),
                    watched,
                    () -> legacyTopics.ends(kept.tables()));
        };
        return new Runner(
                store,
                new Lease(jdbc, "cutover", UUID.randomUUID().toString(), LEASE),
                forwards,
                kept -> new WayBack(
                        Steps.open(kept),
                        kept.schema(),
                        kept.tables(),
                        kept.exports() == null
                                ? () -> store.note(
                                        State.CUT_OVER,
                                        "a table of the file was made, or made anew, and took writes until now; rollback"
                                                + " compares it if it was moved")
                                : null,
                        new MovedRowStore(jdbc),
                        wayBacks,
                        offsets,
                        DebeziumAddress.of(database)),
                new Steps(store, wayBacks, verification, touchedRows, points, legacyTopics));
    }

    private static Producer<String, String> producer(KafkaProperties kafka) {
        Map<String, Object> settings = new HashMap<>(kafka.buildProducerProperties());
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        // Not compressed: what is fetched at once has to fit into a small heap, whatever it says.
        settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "none");
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Topics.MOST_LEGACY_BYTES);
        // As Kafka Connect has it: a record that were given up while Kafka is away would be overtaken by the next one.
        settings.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.MAX_VALUE);
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Long.MAX_VALUE);
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    private static KafkaConsumer<String, String> consumer(KafkaProperties kafka) {
        Map<String, Object> settings = new HashMap<>(kafka.buildConsumerProperties());
        settings.remove(ConsumerConfig.GROUP_ID_CONFIG);
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, RECORDS_AT_ONCE);
        return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    }

    @Bean(destroyMethod = "close")
    Admin legacyTopicsAdmin(KafkaProperties kafka) {
        return Admin.create(kafka.buildAdminProperties());
    }

    @Bean
    LegacyTopics legacyTopics(Admin legacyTopicsAdmin) {
        return new LegacyTopics(legacyTopicsAdmin);
    }
}
