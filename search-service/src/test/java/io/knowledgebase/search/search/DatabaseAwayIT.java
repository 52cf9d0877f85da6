package io.knowledgebase.search.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.local.servers.PostgresCluster;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** What happens while PostgreSQL is away, on a server that may be stopped. */
class DatabaseAwayIT extends SearchOverHttp {

    private static final PostgresCluster CLUSTER = PostgresCluster.inTestFolder();
    private static final String DATABASE = "away";

    @DynamicPropertySource
    static void ownServer(DynamicPropertyRegistry registry) throws SQLException {
        CLUSTER.start();
        prepare(CLUSTER, DATABASE);
        settings(registry, CLUSTER.jdbcUrl(DATABASE));
    }

    @AfterAll
    static void close() {
        CLUSTER.close();
    }

    @Test
    void searchesAreRefusedWithRetryAfterUntilTheDatabaseIsBack() {
        String token = token("away");
        assertThat(get("/v1/search?q=a", token).status()).isEqualTo(200);

        CLUSTER.stop();

        Answer answer = get("/v1/search?q=a", token);
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.response().headers().firstValue("Retry-After")).isPresent();
        assertThat(get("/v1/search?q=a", token("never-seen")).status()).isEqualTo(503);
        assertThat(get("/actuator/health/readiness", "").status()).isEqualTo(503);
        assertThat(get("/actuator/health/liveness", "").status()).isEqualTo(200);

        CLUSTER.start();

        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(
                        () -> assertThat(get("/v1/search?q=a", token).status()).isEqualTo(200));
        assertThat(get("/actuator/health/readiness", "").status()).isEqualTo(200);
    }
}
