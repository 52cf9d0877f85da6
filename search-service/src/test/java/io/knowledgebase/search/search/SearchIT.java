package io.knowledgebase.search.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.knowledgebase.search.search.TestIndex.NewDocument;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class SearchIT extends SearchServer {

    private static final AtomicInteger USERS = new AtomicInteger();

    private final String user = "search-" + USERS.incrementAndGet();

    @Test
    void resultsHaveEveryFieldOfTheApi() {
        UUID id = index().add(
                        new NewDocument(user, "upload", "manual.pdf", "The manual", "{}"),
                        "The pump must be primed before first use.",
                        "Disposal of batteries is regulated.");

        JsonNode body =
                search(user, "{\"query\": \"prime the pump\", \"topK\": 1}").body();

        assertThat(body.propertyNames()).containsExactlyInAnyOrder("results", "generation", "tookMs", "warnings");
        assertThat(body.path("generation").asInt()).isOne();
        assertThat(body.path("warnings").isEmpty()).isTrue();
        JsonNode result = body.path("results").path(0);
        assertThat(result.propertyNames())
                .containsExactlyInAnyOrder(
                        "chunkId",
                        "documentId",
                        "externalId",
                        "text",
                        "score",
                        "denseScore",
                        "lexicalScore",
                        "title",
                        "section",
                        "page",
                        "sourceType",
                        "sourceUrl",
                        "chunkIndex");
        assertThat(result.path("documentId").asString()).isEqualTo(id.toString());
        assertThat(result.path("externalId").asString()).isEqualTo("manual.pdf");
        assertThat(result.path("text").asString()).startsWith("The pump");
        assertThat(result.path("title").asString()).isEqualTo("The manual");
        assertThat(result.path("section").asString()).isEqualTo("A section");
        assertThat(result.path("page").asInt()).isOne();
        assertThat(result.path("sourceType").asString()).isEqualTo("upload");
        assertThat(result.path("sourceUrl").asString()).isEqualTo("https://example.org/manual.pdf");
        assertThat(result.path("chunkIndex").asInt()).isZero();
        assertThat(body.path("results")).hasSize(1);
    }

    @Test
    void theDenseLegFindsMeaningWithoutCommonWords() {
        index().add(user, "a", "The cat slept on the sofa.", "Interest rates were raised by the central bank.");

        List<String> texts = texts(search(user, "{\"query\": \"monetary policy\", \"mode\": \"dense\"}")
                .body());

        assertThat(texts).hasSize(2).first().asString().startsWith("Interest rates");
    }

    @Test
    void theDenseScoreIsTheCosine() {
        index().add(user, "a", "Interest rates were raised.");
        float[] query = dense.vectorize("monetary policy");
        float[] text = dense.vectorize("Interest rates were raised.");
        double cosine = 0;
        for (int i = 0; i < query.length; i++) {
            cosine += query[i] * text[i];
        }

        JsonNode result = search(user, "{\"query\": \"monetary policy\", \"mode\": \"dense\"}")
                .body()
                .path("results")
                .path(0);

        assertThat(result.path("denseScore").asDouble()).isCloseTo(cosine, within(1e-5));
        assertThat(result.path("score").asDouble())
                .isEqualTo(result.path("denseScore").asDouble());
        assertThat(result.path("lexicalScore").isNull()).isTrue();
    }

    @Test
    void theLexicalLegFindsOnlyWhatHasTheWords() {
        index().add(user, "a", "Error code XK-2231 means low oil.", "Any other fault is shown in red.");

        JsonNode body =
                search(user, "{\"query\": \"XK-2231\", \"mode\": \"lexical\"}").body();

        assertThat(texts(body)).containsExactly("Error code XK-2231 means low oil.");
        assertThat(body.path("results").path(0).path("lexicalScore").asDouble()).isPositive();
        assertThat(body.path("results").path(0).path("denseScore").isNull()).isTrue();
    }

    @Test
    void theLexicalScoreIsBm25() {
        index().add(user, "a", "apple banana", "banana cherry", "cherry damson");

        JsonNode body = search(user, "{\"query\": \"apple banana\", \"mode\": \"lexical\"}")
                .body();

        double weight = 2.2 / (1 + 1.2 * (.25 + .75 * 2 / 80));
        double apple = Math.log(1 + 2.5 / 1.5) * weight;
        double banana = Math.log(1 + 1.5 / 2.5) * weight;
        assertThat(body.path("results")).hasSize(2);
        assertThat(body.path("results").path(0).path("score").asDouble()).isCloseTo(apple + banana, within(1e-4));
        assertThat(body.path("results").path(1).path("score").asDouble()).isCloseTo(banana, within(1e-4));
    }

    @Test
    void rarityIsCountedOverTheUsersOwnChunksOnly() {
        index().add(user, "a", "apple banana", "banana cherry");
        double alone = firstScore(
                search(user, "{\"query\": \"apple\", \"mode\": \"lexical\"}").body());

        index().add(user + "-other", "b", "apple", "apple pie", "apple cake");

        assertThat(firstScore(search(user, "{\"query\": \"apple\", \"mode\": \"lexical\"}")
                        .body()))
                .isEqualTo(alone);
    }

    @Test
    void hybridShowsBothScoresOfEveryCandidate() {
        index().add(user, "a", "The reactor is cooled by water.", "Water polo is a team sport.", "Chess is quiet.");

        JsonNode results = search(user, "{\"query\": \"cooling water of the reactor\"}")
                .body()
                .path("results");

        assertThat(results).hasSize(3);
        assertThat(results.path(0).path("text").asString()).startsWith("The reactor");
        for (JsonNode result : results) {
            assertThat(result.path("denseScore").isNumber()).isTrue();
            assertThat(result.path("lexicalScore").isNumber()).isTrue();
        }
        assertThat(results.path(2).path("lexicalScore").asDouble()).isZero();
    }

    @Test
    void textThatTheModelCannotReadIsFoundByItsWords() {
        index().add(
                        user,
                        "a",
                        "القاهرة هي عاصمة مصر وأكبر مدنها.",
                        "北京是中华人民共和国的首都。",
                        "Αθήνα είναι η πρωτεύουσα της Ελλάδας.",
                        "東京は日本の首都です。");

        assertThat(texts(search(user, "{\"query\": \"ما هي عاصمة مصر\"}").body())
                        .get(0))
                .startsWith("القاهرة");
        assertThat(texts(search(user, "{\"query\": \"北京\"}").body()).get(0)).startsWith("北京");
        assertThat(texts(search(user, "{\"query\": \"Αθηνα\", \"mode\": \"lexical\"}")
                        .body()))
                .containsExactly("Αθήνα είναι η πρωτεύουσα της Ελλάδας.");
    }

    @Test
    void deletedDocumentsAreGoneAtOnce() {
        UUID id = index().add(user, "a", "A secret recipe.");
        assertThat(texts(search(user, "{\"query\": \"recipe\"}").body())).hasSize(1);

        index().execute("delete from indexed_documents where document_id = ?", id);

        for (String mode : List.of("hybrid", "dense", "lexical")) {
            assertThat(texts(search(user, "{\"query\": \"recipe\", \"mode\": \"" + mode + "\"}")
                            .body()))
                    .isEmpty();
        }
    }

    @Test
    void onlyTheVersionAndAttemptThatIsIndexedIsVisible() {
        NewDocument document = NewDocument.of(user, "a");
        UUID id = index().add(document, "The recipe of last year.");
        index().addChunk(document, 2, 1, 0, "The recipe of this year.");
        index().addChunk(document, 2, 2, 0, "The recipe of this year, again.");
        assertThat(texts(search(user, "{\"query\": \"recipe\"}").body())).containsExactly("The recipe of last year.");

        index().execute("update indexed_documents set version = 2, attempt = 2 where document_id = ?", id);

        assertThat(texts(search(user, "{\"query\": \"recipe\"}").body()))
                .containsExactly("The recipe of this year, again.");
    }

    @Test
    void titleUrlAndMetadataAreThoseOfTheVersionThatIsIndexed() {
        UUID id = index().add(
                        new NewDocument(user, "upload", "a", "Internal", "{\"audience\": \"internal\"}"),
                        "The recipe.");

        index().execute(
                        "update documents set version = 2, title = 'Public', source_url = null,"
                                + " metadata = '{\"audience\": \"public\"}' where document_id = ?",
                        id);

        JsonNode results = search(user, "{\"query\": \"recipe\"}").body().path("results");
        assertThat(results.path(0).path("title").asString()).isEqualTo("Internal");
        assertThat(results.path(0).path("sourceUrl").asString()).isEqualTo("https://example.org/a");
        assertThat(texts(
                        search(user, "{\"query\": \"recipe\", \"filters\": {\"metadata\": {\"audience\": \"public\"}}}")
                                .body()))
                .isEmpty();
    }

    @Test
    void documentsThatFailedAreNotVisible() {
        UUID id = index().add(user, "a", "A recipe.");

        index().execute("update indexed_documents set state = 'failed', reason = 'internal' where document_id = ?", id);

        assertThat(texts(search(user, "{\"query\": \"recipe\"}").body())).isEmpty();
    }

    @Test
    void manyInvisibleChunksDoNotCrowdOutVisibleOnes() {
        NewDocument document = NewDocument.of(user, "a");
        index().add(document, "A soup of beans and rice.");
        for (int i = 1; i <= 200; i++) {
            index().addChunk(document, 2, 1, i, "recipe number " + i);
        }

        JsonNode body = search(user, "{\"query\": \"recipe number\"}").body();

        assertThat(texts(body)).containsExactly("A soup of beans and rice.");
    }

    @Test
    void filtersLimitTheDocuments() {
        UUID one = index().add(
                        new NewDocument(
                                user, "upload", "one", null, "{\"language\": \"en\", \"tags\": [\"a\", \"b\"]}"),
                        "recipe one");
        index().add(new NewDocument(user, "notion", "two", null, "{\"language\": \"de\"}"), "recipe two");
        index().add(new NewDocument(user, "notion", "three", null, "{\"language\": \"en\"}"), "recipe three");
        index().execute("update documents set created_at = '2020-01-01' where document_id = ?", one);

        assertThat(filtered("{}")).containsExactlyInAnyOrder("recipe one", "recipe two", "recipe three");
        assertThat(filtered("{\"sourceType\": [\"upload\"]}")).containsExactly("recipe one");
        assertThat(filtered("{\"sourceType\": [\"upload\", \"notion\"]}")).hasSize(3);
        assertThat(filtered("{\"documentId\": [\"" + one + "\"]}")).containsExactly("recipe one");
        assertThat(filtered("{\"externalId\": [\"two\", \"none\"]}")).containsExactly("recipe two");
        assertThat(filtered("{\"metadata\": {\"language\": \"en\"}}"))
                .containsExactlyInAnyOrder("recipe one", "recipe three");
        assertThat(filtered("{\"metadata\": {\"language\": \"en\"}, \"sourceType\": [\"notion\"]}"))
                .containsExactly("recipe three");
        assertThat(filtered("{\"metadata\": {\"tags\": [\"a\", \"b\"]}}")).containsExactly("recipe one");
        assertThat(filtered("{\"metadata\": {\"tags\": [\"a\"]}}")).isEmpty();
        assertThat(filtered("{\"metadata\": {\"none\": null}}")).isEmpty();
        assertThat(filtered("{\"createdAfter\": \"2020-01-01T00:00:00Z\"}")).hasSize(3);
        assertThat(filtered("{\"createdAfter\": \"2020-01-01T00:00:01Z\"}")).hasSize(2);
        assertThat(filtered("{\"createdBefore\": \"2020-01-01T00:00:00Z\"}")).isEmpty();
        assertThat(filtered("{\"createdBefore\": \"+99999-01-01T00:00:00Z\"}")).hasSize(3);
    }

    @Test
    void aFewSelectedOfManyAreFound() {
        for (int i = 0; i < 12; i++) {
            index().add(user, "document-" + i, "recipe " + i, "another recipe " + i);
        }

        assertThat(filtered("{\"externalId\": [\"document-7\"]}"))
                .containsExactlyInAnyOrder("recipe 7", "another recipe 7");
    }

    @Test
    void minScoreCutsOnTheCosine() {
        index().add(user, "a", "The cat slept on the sofa.", "Quarterly tax returns.");
        double best = search(user, "{\"query\": \"a sleeping cat\"}")
                .body()
                .path("results")
                .path(0)
                .path("denseScore")
                .asDouble();

        for (String mode : List.of("hybrid", "dense", "lexical")) {
            String request = "{\"query\": \"a sleeping cat\", \"mode\": \"" + mode + "\", \"minScore\": %s}";
            assertThat(texts(search(user, request.formatted(best - .01)).body()))
                    .containsExactly("The cat slept on the sofa.");
            assertThat(texts(search(user, request.formatted(best + .01)).body()))
                    .isEmpty();
        }
    }

    @Test
    void getAnswersAsPost() {
        index().add(user, "a", "The cat slept on the sofa.", "Quarterly tax returns.");

        Answer answer = get(
                "/v1/search?topK=1&mode=dense&q=" + URLEncoder.encode("a sleeping cat", StandardCharsets.UTF_8),
                token(user));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body().path("results"))
                .isEqualTo(search(user, "{\"query\": \"a sleeping cat\", \"topK\": 1, \"mode\": \"dense\"}")
                        .body()
                        .path("results"));
    }

    @Test
    void longQueriesAreTruncatedForTheDenseLegAndTheAnswerSaysSo() {
        index().add(user, "a", "The last word is xylophone.");

        String many = IntStream.range(0, 300).mapToObj(i -> "word" + i).collect(Collectors.joining(" "));

        JsonNode body = search(user, "{\"query\": \"" + many + " xylophone\"}").body();

        assertThat(body.path("warnings")).hasSize(1);
        assertThat(body.path("warnings").path(0).asString()).contains("254");
        assertThat(body.path("results").path(0).path("lexicalScore").asDouble()).isPositive();
    }

    @Test
    void nulAndLoneSurrogatesInTheQueryAreHarmless() {
        index().add(user, "a", "The cat slept on the sofa.");

        Answer answer = search(user, "{\"query\": \"cat\\u0000 \\ud800 sofa \\udc00\"}");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(texts(answer.body())).hasSize(1);
    }

    @Test
    void usersWithoutDocumentsGetNoResults() {
        Answer answer = search(user, "{\"query\": \"anything\"}");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body().path("results").isEmpty()).isTrue();
    }

    @Test
    void stopWordsAloneAreSearchedByMeaning() {
        index().add(user, "a", "To be, or not to be.");

        assertThat(texts(search(user, "{\"query\": \"to be or not to be\"}").body()))
                .hasSize(1);
        JsonNode lexical =
                search(user, "{\"query\": \"to the\", \"mode\": \"lexical\"}").body();
        assertThat(lexical.path("results").isEmpty()).isTrue();
        assertThat(lexical.path("warnings")).hasSize(1);
    }

    @Test
    void contextsJoinNeighboursWithinTheBudget() {
        UUID id = index().add(
                        new NewDocument(user, "upload", "manual", "The manual", "{}"),
                        "Prime the pump with water.",
                        "Then open the valve of the pump.",
                        "Warranty is void if opened.");

        Answer answer = post("/v1/context", token(user), "{\"query\": \"pump\", \"topK\": 3, \"mode\": \"lexical\"}");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body().path("context").asString()).isEqualTo("""
                [1] The manual › A section, page 1 <https://example.org/manual>
                Prime the pump with water.
                Then open the valve of the pump.""");
        JsonNode citation = answer.body().path("citations").path(0);
        assertThat(citation.path("number").asInt()).isOne();
        assertThat(citation.path("documentId").asString()).isEqualTo(id.toString());
        assertThat(citation.path("chunkIds")).hasSize(2);
        assertThat(answer.body().path("tokens").asInt())
                .isEqualTo(
                        dense.wordPieces().count(answer.body().path("context").asString()));

        JsonNode small = post("/v1/context", token(user), "{\"query\": \"pump valve\", \"maxTokens\": 5}")
                .body();
        assertThat(small.path("context").asString()).isEmpty();
        assertThat(small.path("warnings")).hasSize(1);
    }

    private List<String> filtered(String filters) {
        List<String> hybrid = texts(search(user, "{\"query\": \"recipe\", \"filters\": " + filters + "}")
                .body());
        for (String mode : List.of("dense", "lexical")) {
            String request = "{\"query\": \"recipe\", \"mode\": \"" + mode + "\", \"filters\": " + filters + "}";
            assertThat(texts(search(user, request).body())).containsExactlyInAnyOrderElementsOf(hybrid);
        }
        return hybrid;
    }

    private static List<String> texts(JsonNode body) {
        return body.path("results")
                .valueStream()
                .map(result -> result.path("text").asString())
                .toList();
    }

    private static double firstScore(JsonNode body) {
        return body.path("results").path(0).path("score").asDouble();
    }
}
