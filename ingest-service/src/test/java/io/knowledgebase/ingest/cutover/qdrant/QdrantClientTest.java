package io.knowledgebase.ingest.cutover.qdrant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.ingest.cutover.qdrant.QdrantClient.Patience;
import io.knowledgebase.local.standin.QdrantStandIn;
import io.knowledgebase.local.standin.QdrantStandIn.Trouble;
import io.knowledgebase.schemas.problem.Problem;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class QdrantClientTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Patience SHORT = new Patience(Duration.ofSeconds(20), Duration.ofMillis(5), 2);
    private static final Patience LONG = new Patience(Duration.ofSeconds(10), Duration.ofMillis(5), 1000);

    private final HttpClient http = HttpClient.newHttpClient();
    private QdrantStandIn qdrant = QdrantStandIn.start("a collection/ä", Map.of(QdrantStandIn.UNNAMED, 3), 0);

    @AfterEach
    void stop() {
        qdrant.close();
    }

    @Test
    void pagesGoOnByIdWhateverComesAndGoesMeanwhile() throws Exception {
        for (int i = 1; i <= 5; i++) {
            put(Integer.toString(i));
        }
        put("18446744073709551615");
        put("00000000-0000-0000-0000-000000000001");
        put("ffffffff-0000-0000-0000-000000000001");
        QdrantClient client = client(SHORT);
        QdrantPage page = client.scroll(null, 3, false);
        assertThat(ids(page)).containsExactly("1", "2", "3");
        assertThat(page.next()).isEqualTo(new PointId("4"));

        qdrant.remove("4");
        put("0");
        List<String> rest = new ArrayList<>();
        for (PointId next = page.next(); next != null; next = page.next()) {
            page = client.scroll(next, 3, false);
            rest.addAll(ids(page));
        }
        assertThat(rest)
                .containsExactly(
                        "5",
                        "18446744073709551615",
                        "00000000-0000-0000-0000-000000000001",
                        "ffffffff-0000-0000-0000-000000000001");
        assertThat(client.count()).isEqualTo(8);
    }

    @Test
    void collectionIsDescribed() throws Exception {
        put("1");
        assertThat(client(SHORT).collection().vectors()).isEqualTo(Map.of("", 3));
        assertThat(client(SHORT).collection().points()).isEqualTo(1);
    }

    @Test
    void addressMayHavePathInFront() throws Exception {
        QdrantSource behindProxy =
                new QdrantSource(URI.create(qdrant.uri() + "/a%20b//"), qdrant.collection(), null, null, null);

        assertBad(
                () -> new QdrantClient(http, behindProxy, SHORT).collection(),
                "qdrant.url"); // the stand-in has none, and tells so unlike Qdrant
        QdrantSource slash = new QdrantSource(URI.create(qdrant.uri() + "/"), qdrant.collection(), null, null, null);
        assertThat(new QdrantClient(http, slash, SHORT).collection().status()).isEqualTo("green");
    }

    @Test
    void unnamedVectorsAreRead() throws Exception {
        qdrant.put("1", null, Map.of(QdrantStandIn.UNNAMED, new float[] {1, 0.5f, -2}));
        put("2");
        QdrantPage page = client(SHORT).scroll(null, 10, true);

        assertThat(page.points().get(0).vector()).containsExactly(1, 0.5f, -2);
        assertThat(page.points().get(1).vector()).isNull();
        assertThat(client(SHORT).scroll(null, 10, false).points().get(0).vector())
                .isNull();
    }

    @Test
    void namedVectorIsReadAndWrongNameIsTold() throws Exception {
        qdrant.close();
        qdrant = QdrantStandIn.start("named", Map.of("text", 2, "image", 3), 0);
        qdrant.put("1", null, Map.of("text", new float[] {1, 2}, "image", new float[] {1, 2, 3}));
        QdrantSource named = new QdrantSource(qdrant.uri(), "named", null, "text", null);
        QdrantClient client = new QdrantClient(http, named, SHORT);

        assertThat(client.collection().vectors()).isEqualTo(Map.of("text", 2, "image", 3));
        assertThat(client.scroll(null, 10, true).points().get(0).vector()).containsExactly(1, 2);
        QdrantSource wrong = new QdrantSource(qdrant.uri(), "named", null, "txt", null);
        assertBad(() -> new QdrantClient(http, wrong, SHORT).collection(), "qdrant.vector");
    }

    @Test
    void whatTheCallerHasToMendIsTold() {
        qdrant.requireKey("right-key");
        assertBad(() -> client(SHORT).collection(), "qdrant.apiKey");
        QdrantSource wrongKey = new QdrantSource(qdrant.uri(), qdrant.collection(), "wrong-key", null, null);
        Problem problem = assertBad(() -> new QdrantClient(http, wrongKey, SHORT).collection(), "qdrant.apiKey");
        assertThat(problem.toString()).doesNotContain("wrong-key");
        assertThat(wrongKey.toString()).doesNotContain("wrong-key");

        QdrantSource noCollection = new QdrantSource(qdrant.uri(), "other", "right-key", null, null);
        assertBad(() -> new QdrantClient(http, noCollection, SHORT).collection(), "qdrant.collection");
        qdrant.trouble(Trouble.REFUSED);
        assertBad(() -> client(SHORT).collection(), "qdrant.url");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"ftp://localhost", "localhost:6333", "http://", "http://u:p@localhost", "http://localhost?a=b"})
    void addressThatIsNoneIsRefused(String url) {
        assertBad(
                () -> new QdrantSource(URI.create(url.equals("http://") ? "http:///x" : url), "c", null, null, null),
                "qdrant.url");
    }

    @ParameterizedTest
    @EnumSource(
            value = Trouble.class,
            names = {"REFUSED", "BUSY", "AWAY", "BROKEN", "SILENT"})
    void troubleThatStaysIsAnException(Trouble trouble) {
        put("1");
        qdrant.trouble(trouble);
        Patience quick = new Patience(Duration.ofMillis(300), Duration.ofMillis(5), trouble == Trouble.BUSY ? 1 : 2);

        assertThatThrownBy(() -> client(quick).scroll(null, 1, false)).isInstanceOf(QdrantAwayException.class);
    }

    @ParameterizedTest
    @EnumSource(
            value = Trouble.class,
            names = {"AWAY", "BROKEN", "BUSY"})
    void troubleThatPassesIsWaitedFor(Trouble trouble) {
        put("1");
        qdrant.trouble(trouble);
        CompletableFuture<List<String>> answer = CompletableFuture.supplyAsync(() -> {
            try {
                return ids(client(LONG).scroll(null, 1, false));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        await().atMost(PATIENCE).until(() -> qdrant.requests() > 0);
        qdrant.trouble(Trouble.NONE);

        await().atMost(PATIENCE).until(answer::isDone);
        assertThat(answer.join()).containsExactly("1");
        assertThat(qdrant.requests()).isGreaterThan(1);
    }

    @Test
    void pageThatIsTooLongIsReadInSmallerOnesAndPointThatIsTooLongIsTold() throws Exception {
        for (int i = 0; i < 20; i++) {
            put(Integer.toString(i), i == 7 ? 9_000 : 500);
        }
        QdrantClient client = new QdrantClient(
                http, new QdrantSource(qdrant.uri(), qdrant.collection(), null, null, null), SHORT, 4_000);
        List<String> ids = new ArrayList<>();
        List<String> tooLarge = new ArrayList<>();
        PointId next = null;
        do {
            QdrantPage page = client.scroll(next, 20, false);
            ids.addAll(ids(page));
            page.points().stream()
                    .filter(QdrantPoint::tooLarge)
                    .forEach(point -> tooLarge.add(point.id().text()));
            next = page.next();
        } while (next != null);

        assertThat(ids).hasSize(20).doesNotHaveDuplicates();
        assertThat(tooLarge).containsExactly("7");
    }

    @Test
    void waitingEndsWhenItIsInterrupted() throws Exception {
        qdrant.trouble(Trouble.SILENT);
        CompletableFuture<Throwable> end = new CompletableFuture<>();
        Thread reader = new Thread(() -> {
            try {
                client(LONG).scroll(null, 1, false);
            } catch (InterruptedException | RuntimeException e) {
                end.complete(e);
            }
        });
        reader.start();
        await().atMost(PATIENCE).until(() -> qdrant.requests() > 0);
        reader.interrupt();

        await().atMost(PATIENCE).until(end::isDone);
        assertThat(end.join()).isInstanceOf(InterruptedException.class);
    }

    private static Problem assertBad(ThrowingCallable call, String field) {
        Problem problem = catchThrowableOfType(Problem.class, call);
        assertThat(problem).isNotNull();
        assertThat(problem.getBody().getProperties()).containsEntry("field", field);
        return problem;
    }

    private QdrantClient client(Patience patience) {
        return new QdrantClient(http, new QdrantSource(qdrant.uri(), qdrant.collection(), null, null, null), patience);
    }

    private void put(String id) {
        put(id, 1);
    }

    private void put(String id, int characters) {
        qdrant.put(id, JsonMapper.shared().createObjectNode().put("text", "x".repeat(characters)));
    }

    private static List<String> ids(QdrantPage page) {
        return page.points().stream().map(point -> point.id().text()).toList();
    }
}
