package io.knowledgebase.ingest.cutover.legacy;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.schemas.database.Database;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

class RowDigestIT {

    @Test
    void postgresqlMakesTheSameOfItsRows() throws Exception {
        PostgresCluster postgres = PostgresCluster.forTests();
        String url = postgres.createDatabase("cutover_digest");
        Database.migrate(url, postgres.user(), postgres.password());
        try (HikariDataSource database = new HikariDataSource()) {
            database.setJdbcUrl(url);
            database.setUsername(postgres.user());
            database.setPassword(postgres.password());
            JdbcClient jdbc = JdbcClient.create((DataSource) database);
            MovedRowStore store = new MovedRowStore(jdbc);
            assertThat(store.digest(LegacyTable.USERS, 0, 10)).isEqualTo(new RowDigest().end());
            jdbc.sql("""
                    insert into users (id, user_id, email, is_anonymous, created_at, total_queries) values
                        (1, 'ann', 'Zoë 😀', true, '2026-01-02 03:04:05.12', 7), (2, '', null, false, null, -1),
                        (3, '-', '1:-', null, 'infinity', 0), (11, 'later', null, null, null, null),
                        (1000000000, 'born here', null, null, null, null)
                    """).update();

            String digest = digest(store);
            assertThat(store.digest(LegacyTable.USERS, 0, 10)).isEqualTo(digest);
            assertThat(store.digest(LegacyTable.USERS, 0, Long.MAX_VALUE)).isNotEqualTo(digest);
            jdbc.sql("update users set email = '-', user_id = '1:-' where id = 3")
                    .update();
            assertThat(store.digest(LegacyTable.USERS, 0, 10))
                    .isNotEqualTo(digest)
                    .isEqualTo(digest(store));
        }
    }

    private static String digest(MovedRowStore store) {
        RowDigest digest = new RowDigest();
        store.rows(LegacyTable.USERS, List.of(1L, 2L, 3L)).values().forEach(digest::add);
        return digest.end();
    }
}
