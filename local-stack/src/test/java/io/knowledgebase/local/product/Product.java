package io.knowledgebase.local.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.servers.ChildProcess;
import io.knowledgebase.local.servers.KafkaBroker;
import io.knowledgebase.local.servers.Lifetime;
import io.knowledgebase.local.servers.Ports;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.local.token.TokenMinter;
import io.knowledgebase.schemas.database.Database;
import io.knowledgebase.schemas.event.Topics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The whole product as users have it: real servers, the services' real jars, and nothing but HTTP. */
final class Product implements AutoCloseable {

    static final JsonMapper JSON = JsonMapper.builder().build();

    /** A user who may do what operators may. */
    static final String OPERATOR = "operator";

    private static final String SECRET = "a-secret-for-tests-0123456789abcdef";
    private static final Duration START = Duration.ofMinutes(3);
    private static final Path LOGS = Path.of("target", "product-logs").toAbsolutePath();

    private final HttpClient http = HttpClient.newHttpClient();
    private final PostgresCluster postgres = PostgresCluster.inTestFolder();
    private final KafkaBroker kafka = KafkaBroker.inTestFolder();
    private final Map<Service, Integer> ports = new EnumMap<>(Service.class);
    private final Map<Service, ChildProcess> processes = new EnumMap<>(Service.class);
    private final List<ChildProcess> started = new ArrayList<>();
    private final String database;

    Product() throws Exception {
        postgres.start();
        kafka.start();
        database = postgres.createDatabase("kb");
        Database.migrate(database, postgres.user(), postgres.password());
        Database.setPasswords(
                database,
                postgres.user(),
                postgres.password(),
                Database.SERVICE_ROLES.stream().collect(Collectors.toMap(role -> role, role -> SECRET)));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            Topics.create(admin, 6, (short) 1);
        }
        for (Service service : Service.values()) {
            ports.put(service, Ports.free());
            start(service);
        }
        for (Service service : Service.values()) {
            awaitReady(service);
        }
    }

    PostgresCluster postgres() {
        return postgres;
    }

    KafkaBroker kafka() {
        return kafka;
    }

    void start(Service service) {
        processes.put(service, start(service, ports.get(service)));
    }

    /** A further process of a service, which shares its work. */
    ChildProcess startAnother(Service service) {
        return start(service, Ports.free());
    }

    private ChildProcess start(Service service, int port) {
        Path jar = Path.of("..", service.id(), "target", service.id() + ".jar");
        assertThat(jar).as("built before these tests").exists();
        ChildProcess process = ChildProcess.start(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx" + service.heap(),
                        "-XX:TieredStopAtLevel=1",
                        "-jar",
                        jar.toAbsolutePath().normalize().toString()),
                Path.of("target").toAbsolutePath(),
                Map.of(
                        "SERVER_PORT",
                        Integer.toString(port),
                        "SPRING_DATASOURCE_URL",
                        database,
                        "SPRING_DATASOURCE_USERNAME",
                        service.role(),
                        "SPRING_DATASOURCE_PASSWORD",
                        SECRET,
                        "SPRING_KAFKA_BOOTSTRAP_SERVERS",
                        kafka.bootstrapServers(),
                        "KB_GENERATION_INDEX_FROM_CHUNKS",
                        "50",
                        "KB_ACCESS_SECRET",
                        SECRET),
                LOGS.resolve(service.id() + ".log"),
                Lifetime.OF_PARENT,
                null);
        started.add(process);
        return process;
    }

    void kill(Service service) {
        process(service).kill();
    }

    ChildProcess process(Service service) {
        return processes.get(service);
    }

    void awaitReady(Service service) {
        await().atMost(START)
                .ignoreExceptions()
                .until(() -> http.send(
                                        HttpRequest.newBuilder(uri(service, "/actuator/health/readiness"))
                                                .build(),
                                        BodyHandlers.discarding())
                                .statusCode()
                        == 200);
    }

    /** Status and body of a call as a user; the body is missing where it is not JSON. */
    record Answer(int status, String body) {

        JsonNode json() {
            return JSON.readTree(body);
        }
    }

    Answer get(Service service, String user, String path) {
        return send(request(service, user, path).GET());
    }

    Answer delete(Service service, String user, String path) {
        return send(request(service, user, path).DELETE());
    }

    Answer postJson(Service service, String user, String path, Object body) {
        return send(request(service, user, path)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(JSON.writeValueAsString(body))));
    }

    /** The answer's lines, one for each document. */
    List<JsonNode> batch(String user, List<Map<String, Object>> documents) {
        String lines = documents.stream().map(JSON::writeValueAsString).collect(Collectors.joining("\n"));
        Answer answer = send(request(Service.INGEST, user, "/v1/documents/batch")
                .header("Content-Type", "application/x-ndjson")
                .POST(BodyPublishers.ofString(lines)));
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.body().lines().map(JSON::readTree).toList();
    }

    Answer upload(String user, String fileName, byte[] content) {
        String boundary = "----kb-test-boundary";
        List<byte[]> body = List.of(
                ("--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + fileName
                                + "\"\r\nContent-Type: application/octet-stream\r\n\r\n")
                        .getBytes(java.nio.charset.StandardCharsets.UTF_8),
                content,
                ("\r\n--" + boundary + "--\r\n").getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return send(request(Service.INGEST, user, "/v1/documents")
                .header("Content-Type", "multipart/form-data; boundary=" + boundary)
                .POST(BodyPublishers.ofByteArrays(body)));
    }

    /** Texts that a search finds, best first. */
    List<String> search(String user, String query, String mode) {
        Answer answer = postJson(Service.SEARCH, user, "/v1/search", Map.of("query", query, "mode", mode, "topK", 10));
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        List<String> texts = new ArrayList<>();
        answer.json()
                .path("results")
                .forEach(result -> texts.add(result.path("text").asString()));
        return texts;
    }

    /** The user's documents by status, once none is under way. */
    JsonNode awaitTerminal(String user) {
        return await().atMost(Duration.ofMinutes(5))
                .pollInterval(Duration.ofMillis(200))
                .until(
                        () -> get(Service.INGEST, user, "/v1/documents/summary").json(),
                        summary -> summary.path("accepted").asInt() == 0);
    }

    /** A single value that the administrator reads. */
    String value(String sql) {
        try (Connection connection = postgres.connect("kb");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            assertThat(row.next()).isTrue();
            return row.getString(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A digest of a user's visible index: everything but ids, attempts and times. */
    String digest(String user) {
        return digest(user, Integer.parseInt(value("select generation from index_generations where state = 'live'")));
    }

    /** The same of one generation. */
    String digest(String user, int generation) {
        return value("""
                select md5(string_agg(md5(row(c.source_id, c.chunk_index, c.text, c.section_title, c.page_number,
                                              c.token_count, c.text_hash, c.embedding_vector, c.terms,
                                              c.term_weights)::text), '' order by c.source_id, c.chunk_index))
                from document_chunks c
                join indexed_documents i using (generation, document_id, version, attempt)
                where c.user_id = '%s' and generation = %d
                """.formatted(user, generation));
    }

    private HttpRequest.Builder request(Service service, String user, String path) {
        String token = new TokenMinter(SECRET, Clock.systemUTC())
                .mint(user, user.equals(OPERATOR) ? List.of("kb:admin") : List.of(), Duration.ofHours(1));
        return HttpRequest.newBuilder(uri(service, path))
                .timeout(Duration.ofMinutes(2))
                .header("Authorization", "Bearer " + token);
    }

    private Answer send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
            return new Answer(response.statusCode(), response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private URI uri(Service service, String path) {
        return URI.create("http://127.0.0.1:" + ports.get(service) + path);
    }

    @Override
    public void close() {
        started.stream().filter(ChildProcess::isAlive).forEach(ChildProcess::kill);
        kafka.close();
        postgres.close();
    }
}
