package io.knowledgebase.search.search;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.knowledgebase.local.servers.PostgresCluster;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** The search service on the database that all its integration tests share, each with users of its own. */
abstract class SearchServer extends SearchOverHttp {

    private static final String DATABASE = "search_it";

    private static @Nullable JdbcTemplate administrator;

    @DynamicPropertySource
    static void sharedDatabase(DynamicPropertyRegistry registry) throws SQLException {
        PostgresCluster cluster = PostgresCluster.forTests();
        if (administrator == null) {
            prepare(cluster, DATABASE);
            HikariConfig pool = new HikariConfig();
            pool.setJdbcUrl(cluster.jdbcUrl(DATABASE));
            pool.setUsername(cluster.user());
            pool.setPassword(cluster.password());
            pool.setMaximumPoolSize(2);
            administrator = new JdbcTemplate(new HikariDataSource(pool));
        }
        settings(registry, cluster.jdbcUrl(DATABASE));
    }

    static JdbcTemplate asAdministrator() {
        return administrator;
    }

    /** Writes what the embed service would, past row-level security. */
    TestIndex index() {
        return new TestIndex(asAdministrator(), dense);
    }
}
