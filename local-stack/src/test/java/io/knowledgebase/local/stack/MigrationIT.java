package io.knowledgebase.local.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.schemas.database.Database;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MigrationIT {

    @TempDir
    Path folder;

    @Test
    void theMovedApplicationLogsInWithThePasswordThatIsGivenOrGenerated() throws Exception {
        try (PostgresCluster cluster = PostgresCluster.inTestFolder().start()) {
            String database = cluster.createDatabase("kb");
            migrate(cluster, Map.of("KB_CHAT_PASSWORD", ""));
            assertThatThrownBy(() -> logIn(database, "any")).isInstanceOf(SQLException.class);

            migrate(cluster, Map.of("KB_CHAT_PASSWORD", "given"));
            logIn(database, "given");
            migrate(cluster, Map.of("KB_CHAT_PASSWORD", ""));
            logIn(database, "given");

            execute(cluster, "update cutover set state = 'cut-over'");
            migrate(cluster, Map.of());
            logIn(database, "given");
            execute(cluster, "update cutover set state = 'idle'");
            String generated = migrate(cluster, Map.of()).chatPassword().orElseThrow();
            logIn(database, generated);
            assertThatThrownBy(() -> logIn(database, "given")).isInstanceOf(SQLException.class);
        }
    }

    private Home migrate(PostgresCluster cluster, Map<String, String> settings) {
        Map<String, String> environment = new HashMap<>(settings);
        environment.put(
                "KB_DATABASE_URL",
                "postgresql://" + cluster.user() + ":" + cluster.password() + "@127.0.0.1:" + cluster.port() + "/kb");
        Home home = new Home(folder, folder, environment);
        new Migration(home).migrateDatabase();
        return home;
    }

    private static void execute(PostgresCluster cluster, String sql) throws SQLException {
        try (Connection connection = cluster.connect("kb")) {
            connection.createStatement().execute(sql);
        }
    }

    private static void logIn(String database, String password) throws SQLException {
        try (Connection connection = DriverManager.getConnection(database, Database.CHAT_ROLE, password)) {
            assertThat(connection.isValid(0)).isTrue();
        }
    }
}
