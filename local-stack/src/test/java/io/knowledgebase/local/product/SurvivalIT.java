package io.knowledgebase.local.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.local.home.Service;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** An accepted document is indexed or failed with a reason, whatever is killed meanwhile, and never twice. */
class SurvivalIT {

    private static final int DOCUMENTS = Integer.getInteger("kb.survival.documents", 150);

    private static Product product;
    private static String undisturbed;

    @BeforeAll
    static void indexUndisturbed() throws Exception {
        product = new Product();
        product.batch("undisturbed", Texts.documents(DOCUMENTS));
        product.awaitTerminal("undisturbed");
        undisturbed = product.digest("undisturbed");
    }

    @AfterAll
    static void stop() {
        product.close();
    }

    @Test
    void killedServicesLoseAndDoubleNothing() {
        for (Service service : Service.values()) {
            String user = "killed-" + service.id();
            product.batch(user, Texts.documents(DOCUMENTS));
            awaitSomeIndexed(user);

            product.kill(service);
            product.start(service);
            product.awaitReady(service);

            assertComplete(user);
        }
    }

    @Test
    void killedBrokerLosesAndDoublesNothing() {
        product.batch("killed-broker", Texts.documents(DOCUMENTS));
        awaitSomeIndexed("killed-broker");

        product.kafka().kill();
        List<JsonNode> whileAway = product.batch(
                "killed-broker", List.of(Map.of("externalId", "d0", "text", Texts.document(0, 1), "title", "")));
        product.kafka().restart();

        assertThat(whileAway).allMatch(answer -> answer.path("error").isMissingNode());
        assertComplete("killed-broker");
    }

    @Test
    void killedDatabaseLosesAndDoublesNothing() {
        product.batch("killed-database", Texts.documents(DOCUMENTS));
        awaitSomeIndexed("killed-database");

        product.postgres().kill();
        assertThat(product.get(Service.INGEST, "killed-database", "/v1/documents/summary")
                        .status())
                .isEqualTo(503);
        product.postgres().restart();
        product.awaitReady(Service.INGEST);

        assertComplete("killed-database");
    }

    private static void awaitSomeIndexed(String user) {
        await().atMost(Duration.ofMinutes(2))
                .until(() -> product.get(Service.INGEST, user, "/v1/documents/summary")
                                .json()
                                .path("indexed")
                                .asInt()
                        >= 10);
    }

    private static void assertComplete(String user) {
        JsonNode summary = product.awaitTerminal(user);
        assertThat(summary.path("indexed").asInt()).isEqualTo(DOCUMENTS);
        assertThat(summary.path("failed").asInt()).isZero();
        assertThat(product.value("select count(*) from document_chunks where user_id = '" + user + "'"))
                .isEqualTo(product.value("select sum(chunks) from indexed_documents where user_id = '" + user + "'"));
        assertThat(product.digest(user)).isEqualTo(undisturbed);
    }
}
