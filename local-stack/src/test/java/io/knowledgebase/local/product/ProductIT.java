package io.knowledgebase.local.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.product.Product.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What the README promises, on the whole product. */
class ProductIT {

    private static Product product;

    @BeforeAll
    static void start() throws Exception {
        product = new Product();
    }

    @AfterAll
    static void stop() {
        product.close();
    }

    @Test
    void uploadedPdfIsFoundByItsOwnerAndByNobodyElse() throws Exception {
        Answer accepted = product.upload("anna", "ferry.pdf", resource("/ferry.pdf"));
        assertThat(accepted.status()).isEqualTo(202);
        product.awaitTerminal("anna");

        assertThat(product.search("anna", "When does the boat leave?", "hybrid"))
                .anyMatch(text -> text.contains("seven"));
        assertThat(product.search("anna", "Skagenfjord", "lexical")).hasSize(1);
        assertThat(product.search("berta", "When does the boat leave?", "hybrid"))
                .isEmpty();
        String path = "/v1/documents/" + accepted.json().path("documentId").asString();
        assertThat(product.get(Service.INGEST, "berta", path).status()).isEqualTo(404);
        assertThat(product.delete(Service.INGEST, "berta", path).status()).isEqualTo(404);
    }

    @Test
    void otherScriptsAreFoundByTheirWords() {
        product.batch(
                "chen",
                List.of(
                        Map.of("externalId", "zh", "text", "北京大学位于中国北京市海淀区。"),
                        Map.of("externalId", "ar", "text", "تقع جامعة القاهرة في محافظة الجيزة."),
                        Map.of("externalId", "de", "text", "Die Universität Göttingen liegt in Niedersachsen.")));
        product.awaitTerminal("chen");

        assertThat(product.search("chen", "北京大学", "hybrid").get(0)).contains("北京");
        assertThat(product.search("chen", "جامعة القاهرة", "hybrid").get(0)).contains("القاهرة");
        assertThat(product.search("chen", "Universitat Gottingen", "lexical").get(0))
                .contains("Göttingen");
    }

    @Test
    void deletedAndReplacedTextIsNeverAnsweredAgain() throws Exception {
        Map<String, Integer> gone = new ConcurrentHashMap<>();
        Set<String> seen = ConcurrentHashMap.newKeySet();
        AtomicBoolean changing = new AtomicBoolean(true);
        ExecutorService searchers = Executors.newFixedThreadPool(2);
        try {
            List<Future<?>> searching = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                searching.add(searchers.submit(() -> {
                    while (changing.get()) {
                        for (String mode : List.of("lexical", "dense", "hybrid")) {
                            Set<Map.Entry<String, Integer>> allTheTime = new HashSet<>(gone.entrySet());
                            List<String> answered = product.search("dora", "the codeword", mode);
                            allTheTime.retainAll(gone.entrySet());
                            assertThat(allTheTime).as(mode).noneMatch(text -> answered.contains(text.getKey()));
                            seen.addAll(answered);
                        }
                    }
                }));
            }
            changeDocument(gone);
            changing.set(false);
            for (Future<?> searcher : searching) {
                searcher.get(1, TimeUnit.MINUTES);
            }
        } finally {
            changing.set(false);
            searchers.shutdownNow();
        }
        assertThat(seen).as("the searches saw the texts come and go").hasSizeGreaterThan(10);
    }

    /**
     * Replaces, deletes and uploads one document again and again.
     *
     * @param gone what no search may answer that begins now, each with the number of times it has been deleted
     */
    private static void changeDocument(Map<String, Integer> gone) {
        for (int round = 0; round < 12; round++) {
            String first = "The codeword is first" + round + "xylophone.";
            String second = "The codeword is second" + round + "xylophone.";
            String third = "The codeword is third" + round + "xylophone.";
            uploadAsDora(first);
            product.awaitTerminal("dora");
            assertThat(product.search("dora", "codeword", "lexical")).containsExactly(first);

            uploadAsDora(second);
            product.awaitTerminal("dora");
            gone.put(first, 1);

            String path = uploadAsDora(third); // still on its way when it is deleted
            deleteAsDora(path);
            gone.putAll(Map.of(second, 1, third, 1));
            if (round % 2 == 0) {
                gone.remove(third);
                uploadAsDora(third);
                product.awaitTerminal("dora");
                assertThat(product.search("dora", "codeword", "lexical")).containsExactly(third);
                deleteAsDora(path);
                gone.put(third, 2);
            }
        }
    }

    private static String uploadAsDora(String text) {
        JsonNode answer = product.batch("dora", List.of(Map.of("externalId", "note", "text", text)))
                .get(0);
        assertThat(answer.path("error").isMissingNode()).as(answer.toString()).isTrue();
        return "/v1/documents/" + answer.path("documentId").asString();
    }

    private static void deleteAsDora(String path) {
        assertThat(product.delete(Service.INGEST, "dora", path).status()).isBetween(200, 204);
    }

    @Test
    void unchangedDocumentsAreNotEmbeddedAgain() {
        List<Map<String, Object>> documents = Texts.documents(200);
        product.batch("emil", documents);
        product.awaitTerminal("emil");
        String before = product.value("select max(id) from document_chunks where user_id = 'emil'");

        List<JsonNode> answers = product.batch("emil", documents);
        product.awaitTerminal("emil");

        assertThat(answers).allMatch(answer -> answer.path("unchanged").asBoolean());
        assertThat(product.value("select max(id) from document_chunks where user_id = 'emil'"))
                .isEqualTo(before);
    }

    @Test
    void editOfOneParagraphEmbedsAtMostThreeChunks() throws Exception {
        String text = Texts.document(77, 320);
        product.upload("frida", "long.txt", text.getBytes(StandardCharsets.UTF_8));
        product.awaitTerminal("frida");
        JsonNode first = onlyDocument("frida");

        String[] paragraphs = text.split("\n\n");
        paragraphs[160] = Texts.paragraph(new Random(5), 60);
        product.upload("frida", "long.txt", String.join("\n\n", paragraphs).getBytes(StandardCharsets.UTF_8));
        product.awaitTerminal("frida");
        JsonNode second = onlyDocument("frida");

        assertThat(first.path("chunks").asInt()).isGreaterThan(90);
        assertThat(second.path("version").asInt()).isEqualTo(2);
        assertThat(second.path("embeddedChunks").asInt()).isBetween(1, 3);
    }

    @Test
    void usersWithTheSameWordsNeverSeeEachOthersRows() {
        for (String user : List.of("gina", "hans")) {
            List<Map<String, Object>> documents = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                documents.add(Map.of("externalId", "s" + i, "text", "Owner " + user + ". " + Texts.document(i, 1)));
            }
            product.batch(user, documents);
        }
        product.awaitTerminal("gina");
        product.awaitTerminal("hans");

        Random random = new Random(1);
        for (int i = 0; i < 200; i++) {
            String user = i % 2 == 0 ? "gina" : "hans";
            String mode = List.of("hybrid", "dense", "lexical").get(i % 3);
            String query = Texts.paragraph(random, 1 + random.nextInt(6));
            assertThat(product.search(user, query, mode))
                    .isNotEmpty()
                    .allMatch(text -> text.startsWith("Owner " + user));
        }
    }

    @Test
    void brokenFilesFailWithTheirReason() {
        product.upload("ines", "empty.txt", new byte[0]);
        product.upload("ines", "broken.pdf", "%PDF-1.7 and then nothing".getBytes(StandardCharsets.UTF_8));
        product.awaitTerminal("ines");

        JsonNode documents = product.get(Service.INGEST, "ines", "/v1/documents?status=failed")
                .json()
                .path("documents");
        assertThat(documents.findValuesAsString("reason")).containsExactlyInAnyOrder("empty", "corrupt");
        assertThat(documents.findValuesAsString("detail")).allMatch(detail -> !detail.isBlank());
    }

    @Test
    void everyServiceTellsItsMetrics() {
        product.batch("mona", List.of(Map.of("externalId", "metric", "text", "A metric is a number over time.")));
        product.awaitTerminal("mona");
        product.search("mona", "number", "hybrid");

        Map<Service, List<String>> metrics = Map.of(
                Service.INGEST,
                List.of(
                        "kb_documents\\{.*state=\"indexed\".*\\} [1-9]",
                        "kb_uploads_total\\{.*accepted.*\\} [1-9]",
                        "kb_publish_seconds_count.* [1-9]"),
                Service.EMBED,
                List.of(
                        "kb_extract_seconds_count.* [1-9]",
                        "kb_embed_document_seconds_count.* [1-9]",
                        "kb_embed_chunks_total\\{.*computed.*\\} [1-9]",
                        "kb_embed_chunks_total\\{.*reused.*\\} ",
                        "kb_write_seconds_count.* [1-9]",
                        "kafka_consumer_fetch_manager_records_lag"),
                Service.SEARCH,
                List.of(
                        "kb_search_seconds_count\\{.*hybrid.*\\} [1-9]",
                        "kb_search_leg_seconds_count\\{.*embed.*\\} [1-9]",
                        "kb_search_leg_seconds_count\\{.*lexical.*\\} [1-9]",
                        "kb_search_leg_seconds_count\\{.*dense.*\\} [1-9]"));
        metrics.forEach((service, expected) -> await().atMost(Duration.ofSeconds(90))
                .untilAsserted(() -> assertThat(expected)
                        .allSatisfy(metric -> assertThat(product.get(service, "mona", "/actuator/prometheus")
                                        .body())
                                .containsPattern(metric))));
    }

    private static JsonNode onlyDocument(String user) {
        return product.get(Service.INGEST, user, "/v1/documents")
                .json()
                .path("documents")
                .get(0);
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream resource = Objects.requireNonNull(ProductIT.class.getResourceAsStream(name), name)) {
            return resource.readAllBytes();
        }
    }
}
