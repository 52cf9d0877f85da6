package io.knowledgebase.ingest.publish;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.ingest.IngestService;
import io.knowledgebase.local.servers.KafkaBroker;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.schemas.database.Database;
import io.knowledgebase.schemas.database.Lease;
import io.knowledgebase.schemas.event.Event;
import io.knowledgebase.schemas.event.EventCodec;
import io.knowledgebase.schemas.event.TopicOffsets;
import io.knowledgebase.schemas.event.TopicReader;
import io.knowledgebase.schemas.event.Topics;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerInterceptor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

class PublisherIT {

    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Map<String, Object> KAFKA =
            Map.of("bootstrap.servers", KafkaBroker.forTests().bootstrapServers());
    private static final AtomicReference<Runnable> MEANWHILE = new AtomicReference<>();

    private static JdbcClient jdbc;

    @BeforeAll
    static void prepare() throws Exception {
        PostgresCluster postgres = PostgresCluster.forTests();
        String url = postgres.createDatabase("publisher");
        Database.migrate(url, postgres.user(), postgres.password());
        jdbc = JdbcClient.create(new DriverManagerDataSource(url, postgres.user(), postgres.password()));
        try (Admin admin = Admin.create(KAFKA)) {
            Topics.create(admin, 3, (short) 1);
        }
    }

    @Test
    void publisherThatWasSlowToOpenPublishesNothingOlderThanItsSuccessor() {
        UUID id = UUID.randomUUID();
        jdbc.sql("select ensure_user('ann')").query().listOfRows();
        jdbc.sql("insert into document_contents values (sha256('x'), 1)").update();
        jdbc.sql("insert into documents (document_id, user_id, source_type, source_id, content_sha256, content_bytes)"
                        + " values (:id, 'ann', 'upload', 'x', sha256('x'), 1)")
                .param("id", id)
                .update();
        Map<String, Object> slowly = new HashMap<>(KAFKA);
        slowly.put(ProducerConfig.INTERCEPTOR_CLASSES_CONFIG, Opening.class.getName());
        try (Publisher first = publisher("first", slowly);
                Publisher second = publisher("second", KAFKA)) {
            MEANWHILE.set(() -> {
                jdbc.sql("update leases set expires_at = now() - interval '1 s'")
                        .update();
                second.step();
                jdbc.sql("update documents set version = 2, delivery = 'pending'")
                        .update();
                second.step();
            });

            first.step();

            assertThat(IngestService.events(KafkaBroker.forTests(), Set.of(id)))
                    .extracting(Event::version)
                    .containsExactly(1, 2);
        }
    }

    private static Publisher publisher(String name, Map<String, Object> kafka) {
        PublishStore store = new PublishStore(jdbc);
        EventCodec codec = new EventCodec("/kb/test", Clock.systemUTC());
        TopicOffsets offsets = new TopicOffsets(KAFKA, LONG);
        TopicReader reader = new TopicReader(offsets, KAFKA, LONG);
        return new Publisher(
                store,
                new EventProducer(kafka, codec, Duration.ofSeconds(10)),
                new Sweep(store, offsets, reader, LONG),
                new Republication(store, reader, codec),
                new Lease(jdbc, "publisher", name, LONG),
                new PublishSettings(LONG, 500, 64, LONG, Duration.ofSeconds(10), LONG, LONG),
                waited -> {});
    }

    /** Does what another process does while a producer opens. */
    public static final class Opening implements ProducerInterceptor<String, byte[]> {

        @Override
        public void configure(Map<String, ?> properties) {
            MEANWHILE.get().run();
        }

        @Override
        public ProducerRecord<String, byte[]> onSend(ProducerRecord<String, byte[]> event) {
            return event;
        }

        @Override
        public void onAcknowledgement(RecordMetadata place, Exception failure) {}

        @Override
        public void close() {}
    }
}
