package io.knowledgebase.search.search;

import com.zaxxer.hikari.HikariDataSource;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.search.SearchApplication;
import io.knowledgebase.search.search.TestIndex.NewDocument;
import io.knowledgebase.vectorizer.DenseVectorizer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Prints how long searches over HTTP take, one after the other, for a user with 5,000 chunks. It runs only when asked for:
 *
 * <pre>mvn verify -pl search-service -am -Dtest=none -Dit.test=LatencyMeasurement \
 *     -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false \
 *     -Dkb.latency.collection=FOLDER</pre>
 *
 * <p>The folder is a retrieval collection: its {@code corpus.jsonl} gives the texts, its {@code queries.jsonl} the
 * queries.
 */
class LatencyMeasurement {

    private static final int CHUNKS = 5_000;
    private static final int WARM_UP = 3_000;
    private static final int SEARCHES = 1_000;
    private static final int CHUNK_CHARACTERS = 900;
    private static final int EMBEDDED_CHARACTERS = 60;
    private static final String USER = "latency";
    private static final String DATABASE = "latency";
    private static final int CHUNKS_PER_DOCUMENT = 5;

    @Test
    void print() throws Exception {
        Path collection = Path.of(Objects.requireNonNull(System.getProperty("kb.latency.collection")));
        List<String> texts = texts(collection.resolve("corpus.jsonl"));
        List<String> queries = texts(collection.resolve("queries.jsonl"));
        PostgresCluster cluster = PostgresCluster.forTests();
        SearchOverHttp.prepare(cluster, DATABASE);
        try (ConfigurableApplicationContext application = SpringApplication.run(
                SearchApplication.class,
                "--server.port=0",
                "--spring.datasource.url=" + cluster.jdbcUrl(DATABASE),
                "--spring.datasource.username=kb_search",
                "--spring.datasource.password=" + SearchOverHttp.SEARCH_PASSWORD,
                "--kb.access.secret=" + SearchOverHttp.SECRET)) {
            fill(cluster, application.getBean(DenseVectorizer.class), texts);
            int port = Integer.parseInt(application.getEnvironment().getRequiredProperty("local.server.port"));
            for (String mode : List.of("hybrid", "dense", "lexical")) {
                run(port, queries, WARM_UP, mode);
                System.out.println(mode + " " + run(port, queries, SEARCHES, mode));
            }
            HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/actuator/prometheus"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofLines())
                    .body()
                    .filter(line -> line.startsWith("kb_search_leg_seconds_") || line.startsWith("kb_search_seconds_s"))
                    .forEach(System.out::println);
        }
    }

    private static void fill(PostgresCluster cluster, DenseVectorizer dense, List<String> texts) throws SQLException {
        try (HikariDataSource pool = new HikariDataSource()) {
            pool.setJdbcUrl(cluster.jdbcUrl(DATABASE));
            pool.setUsername(cluster.user());
            pool.setPassword(cluster.password());
            JdbcTemplate jdbc = new JdbcTemplate(pool);
            TestIndex index = new TestIndex(jdbc, dense);
            for (int chunk = 0; chunk < CHUNKS; chunk++) {
                NewDocument document = NewDocument.of(USER, "document-" + chunk / CHUNKS_PER_DOCUMENT);
                if (chunk % CHUNKS_PER_DOCUMENT == 0) {
                    index.addDocument(document, CHUNKS_PER_DOCUMENT);
                }
                String text = texts.get(chunk % texts.size());
                String cut = text.substring(0, Math.min(text.length(), CHUNK_CHARACTERS));
                float[] vector = dense.vectorize(cut.substring(0, Math.min(cut.length(), EMBEDDED_CHARACTERS)));
                index.addChunk(document, 1, 1, chunk % CHUNKS_PER_DOCUMENT, cut, vector);
            }
            jdbc.execute("vacuum analyze");
        }
    }

    private static String run(int port, List<String> queries, int searches, String mode) throws Exception {
        String token = SearchOverHttp.token(USER);
        HttpClient client = HttpClient.newHttpClient();
        double[] millis = new double[searches];
        double javaBefore = javaMillis();
        double postgresBefore = postgresMillis();
        for (int i = 0; i < searches; i++) {
            String body = JsonMapper.shared()
                    .writeValueAsString(Map.of("query", queries.get(i % queries.size()), "mode", mode));
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/search"))
                    .header("Authorization", "Bearer " + token)
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            long start = System.nanoTime();
            int status =
                    client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
            millis[i] = (System.nanoTime() - start) / 1e6;
            if (status != 200) {
                throw new IllegalStateException("status " + status);
            }
        }
        Arrays.sort(millis);
        return "p50 %.1f ms, p90 %.1f ms, p99 %.1f ms; processor time of a search: %.1f ms Java, %.1f ms PostgreSQL"
                .formatted(
                        millis[searches / 2],
                        millis[searches * 9 / 10],
                        millis[searches * 99 / 100],
                        (javaMillis() - javaBefore) / searches,
                        (postgresMillis() - postgresBefore) / searches);
    }

    /** Of service and client together: both run here. */
    private static double javaMillis() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                        .getProcessCpuTime()
                / 1e6;
    }

    private static double postgresMillis() {
        return ProcessHandle.current()
                .descendants()
                .flatMap(process -> process.info().totalCpuDuration().stream())
                .mapToDouble(Duration::toMillis)
                .sum();
    }

    private static List<String> texts(Path file) throws IOException {
        List<String> texts = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            JsonNode node = JsonMapper.shared().readTree(line);
            texts.add(node.path("text").asString());
        }
        return texts;
    }
}
