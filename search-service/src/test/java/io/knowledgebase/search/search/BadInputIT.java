package io.knowledgebase.search.search;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BadInputIT extends SearchServer {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"topK": 3}                                                | query
            {"query": ""}                                              | query
            {"query": "  \\n "}                                        | query
            {"query": null}                                            | query
            {"query": 5}                                               | query
            {"query": true}                                            | query
            {"query": "q", "topK": "5"}                                | topK
            {"query": "q", "minScore": "0.5"}                          | minScore
            {"query": "q", "filters": {"sourceType": [5]}}             | filters.sourceType[0]
            {"query": "q", "colour": "red"}                            | colour
            {"query": "q", "topK": 0}                                  | topK
            {"query": "q", "topK": 101}                                | topK
            {"query": "q", "topK": -1}                                 | topK
            {"query": "q", "topK": 1.5}                                | topK
            {"query": "q", "topK": "many"}                             | topK
            {"query": "q", "topK": 99999999999}                        | topK
            {"query": "q", "mode": "fuzzy"}                            | mode
            {"query": "q", "minScore": 2}                              | minScore
            {"query": "q", "filters": {"colour": ["red"]}}             | filters.colour
            {"query": "q", "filters": {"documentId": ["x"]}}           | filters.documentId[0]
            {"query": "q", "filters": {"sourceType": "upload"}}        | filters.sourceType
            {"query": "q", "filters": {"sourceType": []}}              | filters.sourceType
            {"query": "q", "filters": {"metadata": {"a": "\\u0000"}}}  | filters.metadata
            {"query": "q", "filters": {"createdAfter": "yesterday"}}   | filters.createdAfter
            {"query": "q", "filters": ["red"]}                         | filters
            """)
    void badFieldsAreNamed(String json, String field) {
        for (String path : new String[] {"/v1/search", "/v1/context"}) {
            Answer answer = post(path, token("bad-input"), json);

            assertThat(answer.status()).as(answer.body().toString()).isEqualTo(400);
            assertThat(answer.response().headers().firstValue("Content-Type"))
                    .hasValueSatisfying(type -> assertThat(type).startsWith("application/problem+json"));
            assertThat(answer.body().path("field").asString()).isEqualTo(field);
            assertThat(answer.body().path("detail").asString()).isNotBlank();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "{\"query\": }",
                "[]",
                "nonsense",
                "{\"query\": \"q\"} {",
                "{\"query\": \"q\", \"query\": \"r\"}"
            })
    void whatIsNotReadableIsRefused(String json) {
        assertThat(post("/v1/search", token("bad-input"), json).status()).isEqualTo(400);
    }

    @Test
    void tooLongQueriesAreRefusedAndTheLimitIsNamed() {
        Answer answer = search("bad-input", "{\"query\": \"" + "q".repeat(100_000) + "\"}");

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body().path("field").asString()).isEqualTo("query");
        assertThat(answer.body().path("detail").asString()).contains("20000");
        assertThat(search("bad-input", "{\"query\": \"" + "q".repeat(20_000) + "\"}")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void hugeBodiesAreRefused() {
        assertThat(search("bad-input", "{\"query\": \"" + "q".repeat(3_000_000) + "\"}")
                        .status())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/search, q",
        "/v1/search?q=%20, q",
        "/v1/search?q=a&topK=0, topK",
        "/v1/search?q=a&topK=x, topK",
        "/v1/search?q=a&mode=fuzzy, mode",
        "/v1/search?q=a&minScore=x, minScore",
        "/v1/search?q=a&colour=red, colour"
    })
    void badParametersAreNamed(String path, String field) {
        Answer answer = get(path, token("bad-input"));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body().path("field").asString()).isEqualTo(field);
    }

    @Test
    void contextsHaveALimit() {
        for (int tokens : new int[] {0, -1, 100_001}) {
            Answer answer =
                    post("/v1/context", token("bad-input"), "{\"query\": \"q\", \"maxTokens\": " + tokens + "}");

            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.body().path("field").asString()).isEqualTo("maxTokens");
        }
        assertThat(search("bad-input", "{\"query\": \"q\", \"maxTokens\": 5}")
                        .body()
                        .path("field")
                        .asString())
                .isEqualTo("maxTokens");
    }

    @Test
    void withoutAValidTokenNobodyGetsIn() {
        JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder().claim("user_id", "somebody");
        String expired = token(claims, Instant.now().minusSeconds(3600), SECRET);
        String forged = token(claims, Instant.now().plusSeconds(3600), "another-secret-0123456789-0123456789");

        for (String token : new String[] {"", "nonsense", expired, forged}) {
            Answer answer = post("/v1/search", token, "{\"query\": \"q\"}");
            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.body().path("title").asString()).isEqualTo("Unauthorized");
            assertThat(get("/v1/search?q=a", token).status()).isEqualTo(401);
        }
    }

    @Test
    void onlyWhoMayActsForSomebodyElse() {
        index().add("acted-for", "a", "A recipe.");
        String plain = token(new JWTClaimsSet.Builder().subject("chat"));
        String actsAs = token(new JWTClaimsSet.Builder().subject("chat").claim("scope", "kb:act-as"));

        assertThat(send(request("/v1/search?q=recipe", plain).header("X-KB-User", "acted-for"))
                        .status())
                .isEqualTo(403);
        Answer answer = send(request("/v1/search?q=recipe", actsAs).header("X-KB-User", "acted-for"));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body().path("results")).hasSize(1);
        assertThat(get("/v1/search?q=recipe", actsAs).body().path("results").isEmpty())
                .isTrue();
    }

    @Test
    void healthAndMetricsNeedNoToken() {
        search("bad-input", "{\"query\": \"q\"}");

        assertThat(get("/actuator/health/liveness", "").status()).isEqualTo(200);
        assertThat(get("/actuator/health/readiness", "").status()).isEqualTo(200);
        assertThat(get("/actuator/prometheus", "").response().body())
                .contains("kb_search_seconds_count{", "mode=\"hybrid\"")
                .contains("kb_search_leg_seconds_count{", "leg=\"embed\"", "leg=\"statistics\"")
                .contains("kb_search_plan_total{", "plan=\"fallback\"");
    }
}
