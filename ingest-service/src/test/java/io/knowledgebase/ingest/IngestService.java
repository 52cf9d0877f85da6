package io.knowledgebase.ingest;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.knowledgebase.local.servers.KafkaBroker;
import io.knowledgebase.local.servers.Ports;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.schemas.database.Database;
import io.knowledgebase.schemas.event.Event;
import io.knowledgebase.schemas.event.EventCodec;
import io.knowledgebase.schemas.event.TopicOffsets;
import io.knowledgebase.schemas.event.TopicReader;
import io.knowledgebase.schemas.event.Topics;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The real service on a free port, with a database of its own and the tests' broker, and a client for it. */
public final class IngestService implements AutoCloseable {

    public static final Duration PATIENCE = Duration.ofSeconds(20);
    public static final JsonMapper JSON = JsonMapper.builder().build();

    private static final int AT_ONCE = 16;
    private static final String SECRET = "a secret of at least thirty-two bytes";
    private static final String PASSWORD = "ingest";
    private static final String BOUNDARY = "----a-boundary-of-the-tests";

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String[] arguments;
    private final HikariDataSource administrator;
    private final int port;
    private final AutoCloseable running;

    private IngestService(String[] arguments, HikariDataSource administrator, int port, AutoCloseable running) {
        this.arguments = arguments;
        this.administrator = administrator;
        this.port = port;
        this.running = running;
    }

    /** Starts the service on the tests' servers, on a new database. */
    public static IngestService start(String database, String... properties) {
        return start(PostgresCluster.forTests(), database, KafkaBroker.forTests(), properties);
    }

    /** Starts the service on the given servers, on a new database. */
    public static IngestService start(
            PostgresCluster postgres, String database, KafkaBroker kafka, String... properties) {
        return run(arguments(postgres, database, kafka, properties), administrator(postgres, database));
    }

    /** Starts the service as a process of its own with a small heap, on a new database. */
    public static IngestService startProcess(String database, int heapMebibytes, String... properties) {
        return startProcess(PostgresCluster.forTests(), database, KafkaBroker.forTests(), heapMebibytes, properties);
    }

    /** Starts the service as a process of its own with a small heap, on the given servers. */
    public static IngestService startProcess(
            PostgresCluster postgres, String database, KafkaBroker kafka, int heapMebibytes, String... properties) {
        int port = Ports.free();
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heapMebibytes + "m",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                IngestApplication.class.getName()));
        String[] arguments = arguments(postgres, database, kafka, properties);
        Arrays.stream(arguments)
                .map(argument -> argument.replace("server.port=0", "server.port=" + port))
                .forEach(command::add);
        OwnProcess process = new OwnProcess(command, Path.of("target", database + ".log"));
        IngestService service = new IngestService(arguments, administrator(postgres, database), port, process);
        process.start();
        service.awaitReady();
        return service;
    }

    /** Ends a service that is a process of its own with SIGKILL, and starts it again. */
    public void killAndRestart() {
        OwnProcess process = (OwnProcess) running;
        process.close();
        process.start();
        awaitReady();
    }

    private void awaitReady() {
        await().atMost(Duration.ofSeconds(90))
                .ignoreExceptions()
                .until(() -> get("starter", "/actuator/health/readiness").status() == 200);
    }

    private static final class OwnProcess implements AutoCloseable {

        private final List<String> command;
        private final Path log;
        private Process process;

        private OwnProcess(List<String> command, Path log) {
            this.command = command;
            this.log = log;
            Runtime.getRuntime().addShutdownHook(new Thread(this::close));
        }

        private void start() {
            try {
                process = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                        .start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            if (process != null) {
                process.destroyForcibly().onExit().join();
            }
        }
    }

    /** A second service on the same database. */
    public IngestService sibling() {
        HikariConfig pool = new HikariConfig();
        administrator.copyStateTo(pool);
        return run(arguments, new HikariDataSource(pool));
    }

    private static IngestService run(String[] arguments, HikariDataSource administrator) {
        ConfigurableApplicationContext context = new SpringApplicationBuilder(IngestApplication.class).run(arguments);
        int port = ((WebServerApplicationContext) context).getWebServer().getPort();
        return new IngestService(arguments, administrator, port, context);
    }

    private static String[] arguments(
            PostgresCluster postgres, String database, KafkaBroker kafka, String... properties) {
        String url = postgres.createDatabase(database);
        try {
            Database.migrate(url, postgres.user(), postgres.password());
            Database.setPasswords(url, postgres.user(), postgres.password(), Map.of("kb_ingest", PASSWORD));
            try (Admin admin =
                    Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers()))) {
                Topics.create(admin, 3, (short) 1);
            }
        } catch (Exception e) {
            throw new IllegalStateException("database and topics cannot be prepared", e);
        }
        String[] defaults = {
            "server.port=0",
            "spring.datasource.url=" + url,
            "spring.datasource.username=kb_ingest",
            "spring.datasource.password=" + PASSWORD,
            "spring.kafka.bootstrap-servers=" + kafka.bootstrapServers(),
            "kb.access.secret=" + SECRET
        };
        Set<String> given = Arrays.stream(properties).map(IngestService::name).collect(toSet());
        return Stream.concat(
                        Arrays.stream(defaults).filter(property -> !given.contains(name(property))),
                        Arrays.stream(properties))
                .map(property -> "--" + property)
                .toArray(String[]::new);
    }

    private static String name(String property) {
        return property.substring(0, property.indexOf('='));
    }

    private static HikariDataSource administrator(PostgresCluster postgres, String database) {
        HikariConfig pool = new HikariConfig();
        pool.setJdbcUrl(postgres.jdbcUrl(database));
        pool.setUsername(postgres.user());
        pool.setPassword(postgres.password());
        pool.setMaximumPoolSize(3);
        return new HikariDataSource(pool);
    }

    /** One of the service's objects, if it runs in this process. */
    public <T> T bean(Class<T> type) {
        return ((ConfigurableApplicationContext) running).getBean(type);
    }

    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    /** A connection of the administrator, for transactions that stay open. */
    public Connection connect() throws SQLException {
        return administrator.getConnection();
    }

    /** The database as its administrator sees it. */
    public JdbcClient jdbc() {
        return JdbcClient.create((DataSource) administrator);
    }

    public static String token(String user, String... scopes) {
        JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder().claim("user_id", user);
        if (scopes.length > 0) {
            claims.claim("scope", String.join(" ", scopes));
        }
        return sign(claims.build());
    }

    public static String sign(JWTClaimsSet claims) {
        try {
            SignedJWT token = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims);
            token.sign(new MACSigner(SECRET.getBytes(StandardCharsets.UTF_8)));
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    public HttpRequest.Builder request(String user, String path, String... scopes) {
        return HttpRequest.newBuilder(uri(path)).header("Authorization", "Bearer " + token(user, scopes));
    }

    public Answer send(HttpRequest.Builder request) {
        try {
            return new Answer(http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray()));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public Answer get(String user, String path, String... scopes) {
        return send(request(user, path, scopes));
    }

    public Answer delete(String user, String path) {
        return send(request(user, path).DELETE());
    }

    public Answer post(String user, String path) {
        return send(request(user, path).POST(HttpRequest.BodyPublishers.noBody()));
    }

    public Answer post(String user, String path, String json, String... scopes) {
        return send(request(user, path, scopes)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json)));
    }

    public Answer batch(String user, String lines) {
        return send(request(user, "/v1/documents/batch")
                .header("Content-Type", "application/x-ndjson")
                .POST(HttpRequest.BodyPublishers.ofString(lines)));
    }

    /** A batch request whose body and answers are streamed. */
    public HttpURLConnection openBatch(String user) throws IOException {
        HttpURLConnection request =
                (HttpURLConnection) uri("/v1/documents/batch").toURL().openConnection();
        request.setRequestProperty("Authorization", "Bearer " + token(user));
        request.setRequestProperty("Content-Type", "application/x-ndjson");
        request.setDoOutput(true);
        request.setChunkedStreamingMode(0);
        return request;
    }

    /** The answers of a batch request whose body has ended. */
    public static List<JsonNode> answers(HttpURLConnection batch) throws IOException {
        return new String(batch.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .map(JSON::readTree)
                .toList();
    }

    /** Runs the tasks 0, 1, 2 and so on, {@value #AT_ONCE} at once, whatever the number of cores. */
    public static <T> List<T> atOnce(int tasks, IntFunction<T> task) {
        ExecutorService executor = Executors.newFixedThreadPool(AT_ONCE);
        try {
            List<Future<T>> results = executor.invokeAll(IntStream.range(0, tasks)
                    .<Callable<T>>mapToObj(i -> () -> task.apply(i))
                    .toList());
            List<T> done = new ArrayList<>();
            for (Future<T> result : results) {
                done.add(result.get());
            }
            return done;
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        } finally {
            executor.shutdown();
        }
    }

    /** Uploads a text; further fields as name, value, name, value. */
    public Answer upload(String user, String fileName, String text, String... fields) {
        return upload(user, fileName, text.getBytes(StandardCharsets.UTF_8), fields);
    }

    public Answer upload(String user, String fileName, byte[] data, String... fields) {
        return send(request(user, "/v1/documents")
                .header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
                .POST(HttpRequest.BodyPublishers.ofByteArray(form(fileName, data, fields))));
    }

    /** A multipart body; without a file if its name is null. */
    public static byte[] form(String fileName, byte[] data, String... fields) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int i = 0; i < fields.length; i += 2) {
            body.writeBytes(("--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"" + fields[i] + "\"\r\n\r\n"
                            + fields[i + 1] + "\r\n")
                    .getBytes(StandardCharsets.UTF_8));
        }
        if (fileName != null) {
            body.writeBytes(("--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\""
                            + fileName + "\"\r\nContent-Type: text/plain\r\n\r\n")
                    .getBytes(StandardCharsets.UTF_8));
            body.writeBytes(data);
            body.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
        }
        body.writeBytes(("--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.UTF_8));
        return body.toByteArray();
    }

    public static String boundary() {
        return BOUNDARY;
    }

    /** Does what the embed service does with the newest version of a document. */
    public void index(UUID documentId) {
        settle(documentId, "indexed", null);
    }

    public void fail(UUID documentId, String reason) {
        settle(documentId, "failed", reason);
    }

    private void settle(UUID documentId, String state, String reason) {
        jdbc().sql("""
                insert into indexed_documents (generation, document_id, user_id, version, attempt, state, reason,
                                               detail, chunks, embedded_chunks)
                select 1, document_id, user_id, version, attempt, :state, :reason, :reason, 1, 1
                from documents where document_id = :id
                on conflict (generation, document_id) do update set
                    version = excluded.version, attempt = excluded.attempt, state = excluded.state,
                    reason = excluded.reason, detail = excluded.detail
                """)
                .param("id", documentId)
                .param("state", state)
                .param("reason", reason)
                .update();
        jdbc().sql("update documents set delivery = 'settled' where document_id = :id")
                .param("id", documentId)
                .update();
    }

    /** The delivery of each of a user's documents, by their external ids. */
    public String delivery(UUID documentId) {
        return jdbc().sql("select delivery from documents where document_id = :id")
                .param("id", documentId)
                .query(String.class)
                .single();
    }

    public long count(String table) {
        return jdbc().sql("select count(*) from " + table).query(Long.class).single();
    }

    /** Every event of the given documents that was committed to the topic of documents, in order per document. */
    public static List<Event> events(KafkaBroker kafka, Set<UUID> documents) {
        EventCodec codec = new EventCodec("/kb/test", Clock.systemUTC());
        List<Event> events = new ArrayList<>();
        readDocuments(kafka, batch -> {
            for (ConsumerRecord<String, byte[]> event : batch) {
                if (documents.contains(UUID.fromString(event.key()))) {
                    events.add(codec.read(event));
                }
            }
        });
        return events;
    }

    /**
     * Reads the committed events of the topic of documents. Waits for transactions that are about to end: a document
     * counts as published before the marker of its transaction has reached its partition.
     */
    public static void readDocuments(KafkaBroker kafka, Consumer<ConsumerRecords<String, byte[]>> batches) {
        Map<String, Object> properties = Map.of("bootstrap.servers", kafka.bootstrapServers());
        try (TopicOffsets offsets = new TopicOffsets(properties, PATIENCE)) {
            new TopicReader(offsets, properties, PATIENCE).readAll(Topics.DOCUMENTS, () -> true, batches);
        }
    }

    @Override
    public void close() {
        try {
            running.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        dropSlots();
        administrator.close();
    }

    /** PostgreSQL has few, for all databases together; one stays in use until it notices that its reader is gone. */
    private void dropSlots() {
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> jdbc().sql("select pg_drop_replication_slot(slot_name) from pg_replication_slots"
                                + " where database = current_database()")
                        .query()
                        .listOfRows()
                        .isEmpty());
    }

    /** An answer over HTTP. */
    public record Answer(HttpResponse<byte[]> response) {

        public int status() {
            return response.statusCode();
        }

        public String header(String name) {
            return response.headers().firstValue(name).orElse(null);
        }

        public String text() {
            return new String(response.body(), StandardCharsets.UTF_8);
        }

        public JsonNode json() {
            return JSON.readTree(response.body());
        }

        public List<JsonNode> lines() {
            return text().lines().map(JSON::readTree).toList();
        }

        public UUID documentId() {
            return UUID.fromString(json().get("documentId").stringValue());
        }

        public Answer is(int status) {
            assertThat(status()).as(text()).isEqualTo(status);
            return this;
        }

        /** Checks that this is a problem detail about a field. */
        public Answer isBad(String field) {
            is(400);
            assertThat(header("Content-Type")).startsWith("application/problem+json");
            assertThat(json().path("field").stringValue(null)).as(text()).isEqualTo(field);
            assertThat(json().get("detail").stringValue()).isNotBlank();
            return this;
        }
    }
}
