package io.knowledgebase.local.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.servers.ChildProcess;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Another generation is built while people search and services are killed: no search fails, and nothing is missing. */
class RebuildIT {

    private static final int DOCUMENTS = Integer.getInteger("kb.rebuild.documents", 100);
    /** Services killed during one rebuild. */
    private static final int KILLS = Integer.getInteger("kb.rebuild.kills", 2);

    private static final String USER = "anna";
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private static Product product;

    @BeforeAll
    static void index() throws Exception {
        product = new Product();
        product.batch(USER, Texts.documents(DOCUMENTS));
        product.awaitTerminal(USER);
    }

    @AfterAll
    static void stop() {
        product.close();
    }

    @Test
    void searchesNeverFailWhileGenerationsComeAndGo() throws Exception {
        int first = live();
        AtomicBoolean searching = new AtomicBoolean(true);
        AtomicInteger searches = new AtomicInteger();
        List<Product.Answer> failed = new CopyOnWriteArrayList<>();
        Thread searcher = new Thread(() -> {
            while (searching.get()) {
                Product.Answer answer = product.postJson(
                        Service.SEARCH, USER, "/v1/search", Map.of("query", "copper lantern on the pier", "topK", 5));
                if (answer.status() != 200 || answer.json().path("results").size() != 5) {
                    failed.add(answer);
                }
                searches.incrementAndGet();
            }
        });
        searcher.start();
        int other = create(Map.of("chunkTokens", 64, "overlapTokens", 8));
        awaitReady(other);
        for (int switches = 0; switches < 5; switches++) {
            assertThat(ask(other, "promote").path("state").asString()).isEqualTo("live");
            int promoted = searches.get();
            await().until(() -> searches.get() > promoted + 5);
            assertThat(ask(other, "rollback").path("generation").asInt()).isEqualTo(first);
        }
        ask(other, "promote");
        drop(first);
        int third = create(Map.of());
        awaitReady(third);
        searching.set(false);
        searcher.join();

        assertThat(failed).isEmpty();
        assertThat(product.digest(USER, third)).as("a replay changes nothing").isEqualTo(product.digest(USER, other));
        drop(third);
    }

    @Test
    void rebuildIsCompletedByWhoeverIsAlive() {
        Random random = new Random(7);
        ChildProcess second = product.startAnother(Service.EMBED);
        int rebuilds = 0;
        for (int kills = 0; kills < KILLS; rebuilds++) {
            product.awaitReady(Service.EMBED);
            int generation = create(Map.of("chunkTokens", 100 + rebuilds % 2 * 28, "overlapTokens", 16));
            while (kills < KILLS && !isDone(generation)) {
                int next = indexed(generation) + 1 + random.nextInt(DOCUMENTS / 5);
                await().atMost(PATIENCE).until(() -> indexed(generation) >= next || isDone(generation));
                if (random.nextBoolean()) {
                    product.kill(Service.EMBED);
                    product.start(Service.EMBED);
                } else {
                    second.kill();
                    second = product.startAnother(Service.EMBED);
                }
                kills++;
            }
            awaitReady(generation);
            assertThat(indexed(generation)).isEqualTo(DOCUMENTS);
            assertThat(product.value(
                            "select verification -> 'recall' from index_generations where generation = " + generation))
                    .as("of an index that was built once")
                    .isEqualTo("1.0");
            assertThat(product.value("select count(*) from document_chunks where generation = " + generation))
                    .isEqualTo(product.value(
                            "select sum(chunks) from indexed_documents where generation = " + generation));
            product.awaitReady(Service.EMBED);
            drop(generation);
        }
        second.kill();
    }

    private static int live() {
        return Integer.parseInt(product.value("select generation from index_generations where state = 'live'"));
    }

    private static int indexed(int generation) {
        return Integer.parseInt(
                product.value("select count(*) from indexed_documents where generation = " + generation));
    }

    private static String state(int generation) {
        return product.value("select coalesce((select state from index_generations where generation = " + generation
                + "), 'dropped')");
    }

    private static boolean isDone(int generation) {
        return List.of("ready", "failed").contains(state(generation));
    }

    private static void awaitReady(int generation) {
        await().atMost(PATIENCE).until(() -> isDone(generation));
        assertThat(state(generation))
                .as(product.value("select detail from index_generations where generation = " + generation))
                .isEqualTo("ready");
    }

    private static int create(Map<String, Object> wish) {
        Product.Answer answer = product.postJson(Service.EMBED, Product.OPERATOR, "/v1/generations", wish);
        assertThat(answer.status()).as(answer.body()).isEqualTo(201);
        return answer.json().path("generation").asInt();
    }

    private static JsonNode ask(int generation, String transition) {
        Product.Answer answer = product.postJson(
                Service.EMBED, Product.OPERATOR, "/v1/generations/" + generation + "/" + transition, Map.of());
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.json();
    }

    private static void drop(int generation) {
        Product.Answer answer = product.delete(Service.EMBED, Product.OPERATOR, "/v1/generations/" + generation);
        assertThat(answer.status()).as(answer.body()).isEqualTo(202);
        await().atMost(PATIENCE).until(() -> state(generation).equals("dropped"));
    }
}
