package io.knowledgebase.embed;

import static org.awaitility.Awaitility.await;

import io.knowledgebase.embed.embed.FailingModel;
import io.knowledgebase.embed.write.BrokenWriting;
import io.knowledgebase.local.servers.KafkaBroker;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.schemas.DocumentId;
import io.knowledgebase.schemas.event.DocumentAccepted;
import io.knowledgebase.schemas.event.DocumentDeleted;
import io.knowledgebase.schemas.event.Event;
import io.knowledgebase.schemas.event.EventCodec;
import io.knowledgebase.schemas.event.TopicOffsets;
import io.knowledgebase.schemas.event.TopicReader;
import io.knowledgebase.schemas.event.Topics;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The embed service on a real PostgreSQL and a real broker; the test plays the ingest service. */
public final class Pipeline implements AutoCloseable {

    static final int PARTITIONS = 4;

    private static final int PART_BYTES = 1024 * 1024;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final KafkaBroker kafka;
    private final EmbedDatabase database;
    private final JdbcClient jdbc;
    private final EventCodec codec = new EventCodec("/test", Clock.systemUTC());
    private ConfigurableApplicationContext service;

    public Pipeline(PostgresCluster postgres, KafkaBroker kafka) throws Exception {
        this.kafka = kafka;
        this.database = new EmbedDatabase(postgres);
        this.jdbc = JdbcClient.create(database.asAdministrator());
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            Topics.create(admin, PARTITIONS, (short) 1);
        }
    }

    public void startService(String... properties) {
        service = new SpringApplicationBuilder(EmbedApplication.class, FailingModel.class)
                .run(java.util.stream.Stream.concat(
                                java.util.stream.Stream.of(
                                        "--server.port=0",
                                        "--kb.access.secret=a-secret-for-tests-0123456789abcdef",
                                        "--spring.datasource.url=" + database.url(),
                                        "--spring.datasource.password=" + EmbedDatabase.PASSWORD,
                                        "--spring.kafka.bootstrap-servers=" + kafka.bootstrapServers()),
                                Arrays.stream(properties))
                        .toArray(String[]::new));
    }

    /** Ends the consumers of chunks as an error in one of them does. */
    public void breakWriting() {
        BrokenWriting.in(service);
    }

    public <T> T bean(Class<T> type) {
        return service.getBean(type);
    }

    /** The administrator's view of the database. */
    public JdbcClient jdbc() {
        return jdbc;
    }

    /** Stores a new version as the ingest service does, and publishes it. */
    public UUID upload(String user, String sourceId, byte[] content) throws Exception {
        UUID documentId = DocumentId.of(user, "upload", sourceId);
        jdbc.sql("select ensure_user(?)").param(user).query().listOfRows();
        byte[] hash = sha256(content);
        jdbc.sql("insert into document_contents (content_sha256, bytes) values (?, ?) on conflict do nothing")
                .param(hash)
                .param(content.length)
                .update();
        for (int part = 0; part * PART_BYTES < content.length; part++) {
            jdbc.sql("insert into document_content_parts values (?, ?, ?) on conflict do nothing")
                    .param(hash)
                    .param(part)
                    .param(Arrays.copyOfRange(
                            content, part * PART_BYTES, Math.min(content.length, (part + 1) * PART_BYTES)))
                    .update();
        }
        int version = jdbc.sql("""
                insert into documents (document_id, user_id, source_type, source_id, file_name, content_sha256,
                                       content_bytes, delivery)
                values (?, ?, 'upload', ?, ?, ?, ?, 'published')
                on conflict (document_id) do update
                set version = documents.version + 1, attempt = 1, deleted = false, delivery = 'published',
                    content_sha256 = excluded.content_sha256, content_bytes = excluded.content_bytes
                returning version
                """)
                .params(documentId, user, sourceId, sourceId, hash, content.length)
                .query(Integer.class)
                .single();
        publish(accepted(documentId, user, sourceId, version, hash, content.length));
        return documentId;
    }

    public UUID upload(String user, String sourceId, String text) throws Exception {
        return upload(user, sourceId, text.getBytes(StandardCharsets.UTF_8));
    }

    public void delete(UUID documentId, String user) {
        int version = jdbc.sql("""
                update documents
                set deleted = true, content_sha256 = null, version = version + 1, attempt = 1, delivery = 'published'
                where document_id = ?
                returning version
                """).param(documentId).query(Integer.class).single();
        jdbc.sql("delete from indexed_documents where document_id = ?")
                .param(documentId)
                .update();
        publish(new DocumentDeleted(documentId, user, version, 1));
    }

    public DocumentAccepted accepted(
            UUID documentId, String user, String sourceId, int version, byte[] hash, long bytes) {
        return new DocumentAccepted(
                documentId, user, "upload", sourceId, version, 1, HexFormat.of().formatHex(hash), bytes);
    }

    public void publish(Event event) {
        send(codec.write(Topics.DOCUMENTS, event));
    }

    public void send(ProducerRecord<String, byte[]> produced) {
        // In a transaction, as the ingest service does: its marker has an offset too.
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "transactional.id", "test-publisher"),
                new StringSerializer(),
                new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(produced);
            producer.commitTransaction();
        }
    }

    /** Wishes for another attempt, as the ingest service does for who asks it to. */
    public void requeue(UUID documentId) {
        publish(jdbc.sql("""
                update documents set attempt = attempt + 1, delivery = 'published' where document_id = ?
                returning user_id, source_id, version, attempt, encode(content_sha256, 'hex') as hash, content_bytes
                """)
                .param(documentId)
                .query((row, number) -> new DocumentAccepted(
                        documentId,
                        row.getString("user_id"),
                        "upload",
                        row.getString("source_id"),
                        row.getInt("version"),
                        row.getInt("attempt"),
                        row.getString("hash"),
                        row.getLong("content_bytes")))
                .single());
    }

    /** Keys of the letters on a topic, so far. */
    public List<String> keys(String topic) {
        List<String> keys = new ArrayList<>();
        Map<String, Object> properties = Map.of("bootstrap.servers", kafka.bootstrapServers());
        try (TopicOffsets offsets = new TopicOffsets(properties, PATIENCE)) {
            new TopicReader(offsets, properties, PATIENCE)
                    .readAll(topic, () -> true, batch -> batch.forEach(letter -> keys.add(letter.key())));
        }
        return keys;
    }

    /** What the live generation says of the document's newest version, once it is terminal. */
    public Map<String, Object> awaitTerminal(UUID documentId) {
        return await().atMost(Duration.ofMinutes(5))
                .until(() -> jdbc.sql("""
                                select i.*
                                from indexed_documents i
                                join documents d using (document_id, version, attempt)
                                where document_id = ? and d.delivery = 'settled'
                                """).param(documentId).query().listOfRows(), rows -> !rows.isEmpty())
                .get(0);
    }

    public List<String> chunkTexts(UUID documentId) {
        return jdbc.sql("select text from document_chunks where document_id = ? order by chunk_index")
                .param(documentId)
                .query(String.class)
                .list();
    }

    public int count(String sql, Object... parameters) {
        return jdbc.sql(sql).params(parameters).query(Integer.class).single();
    }

    public static byte[] sha256(byte[] content) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(content);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        if (service != null) {
            service.close();
        }
    }
}
