package io.knowledgebase.ingest.notion.sync;

import com.zaxxer.hikari.HikariDataSource;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.schemas.database.Database;
import java.util.List;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The stores of a migrated database of their own. */
final class Stores implements AutoCloseable {

    private final HikariDataSource database = new HikariDataSource();
    final JdbcClient jdbc = JdbcClient.create(database);
    final TaskStore tasks;
    final RunStore runs;
    final EntityStore entities = new EntityStore(jdbc);

    Stores(String name) throws Exception {
        PostgresCluster postgres = PostgresCluster.forTests();
        String url = postgres.createDatabase(name);
        Database.migrate(url, postgres.user(), postgres.password());
        database.setJdbcUrl(url);
        database.setUsername(postgres.user());
        database.setPassword(postgres.password());
        database.setMaximumPoolSize(4);
        TransactionTemplate transaction = new TransactionTemplate(new JdbcTransactionManager(database));
        tasks = new TaskStore(jdbc, transaction);
        runs = new RunStore(jdbc, transaction);
    }

    /** A connection of a user to a workspace. */
    void connect(UUID connection, String user, UUID workspace) {
        jdbc.sql("insert into users (user_id) values (:user)")
                .param("user", user)
                .update();
        jdbc.sql("""
                insert into notion_connections (connection_id, user_id, workspace_id, workspace_name, sealed_token,
                                                api_version, requests_per_minute, state)
                values (:id, :user, :workspace, 'w', '', '2026-03-11', 180, 'active')
                """)
                .param("id", connection)
                .param("user", user)
                .param("workspace", workspace)
                .update();
    }

    /** A run that nobody has listed for yet. */
    Run begin(UUID connection, String user, Run.Kind kind, List<UUID> pages) {
        return runs.find(user, runs.add(connection, kind, false, pages).orElseThrow())
                .orElseThrow();
    }

    @Override
    public void close() {
        database.close();
    }
}
