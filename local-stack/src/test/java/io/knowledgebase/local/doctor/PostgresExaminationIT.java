package io.knowledgebase.local.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.local.doctor.Finding.Level;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.schemas.database.Database;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With an administrator who is no superuser and no member of the services' roles. */
class PostgresExaminationIT {

    @TempDir
    static Path folder;

    private static PostgresCluster cluster;
    private static Home home;

    @BeforeAll
    static void start() throws Exception {
        cluster = PostgresCluster.inTestFolder().start();
        String database = cluster.createDatabase("kb");
        Database.migrate(database, cluster.user(), cluster.password());
        Database.setPasswords(
                database,
                cluster.user(),
                cluster.password(),
                Database.SERVICE_ROLES.stream().collect(Collectors.toMap(role -> role, role -> "secret")));
        execute("create role admin login createrole bypassrls password 'secret'");
        execute("grant pg_read_all_data to admin");
        home = new Home(
                folder,
                folder,
                Map.of(
                        "KB_DATABASE_URL",
                        "postgresql://admin:secret@127.0.0.1:" + cluster.port() + "/kb",
                        "KB_INGEST_PASSWORD",
                        "secret",
                        "KB_EMBED_PASSWORD",
                        "secret",
                        "KB_SEARCH_PASSWORD",
                        "secret"));
        execute("insert into users (user_id) values ('anna')");
        execute("""
                insert into documents (document_id, user_id, source_type, source_id, deleted)
                values ('00000000-0000-0000-0000-000000000001', 'anna', 'file', 'large.txt', true)
                """);
        execute("""
                insert into indexed_documents (generation, document_id, user_id, version, attempt, state, chunks)
                values (1, '00000000-0000-0000-0000-000000000001', 'anna', 1, 1, 'indexed', 20001)
                """);
    }

    @AfterAll
    static void close() {
        cluster.close();
    }

    @Test
    void thePlanIsLookedAtAsTheRoleThatSearches() {
        assertThat(findings("PostgreSQL")).extracting(Finding::level).containsExactly(Level.OK);
        assertThat(findings("search plan"))
                .singleElement()
                .extracting(Finding::detail)
                .asString()
                .startsWith("terms are");
    }

    @Test
    void aUserWhomSearchWouldServeByAnIndexThatIsMissingIsAFinding() {
        assertThat(findings("HNSW index")).singleElement().satisfies(finding -> {
            assertThat(finding.level()).isEqualTo(Level.WARN);
            assertThat(finding.detail()).contains("generation 1 (live)", "20001 chunks", "no HNSW index");
        });
    }

    @Test
    void parallelBuildsAreJudgedByTheRoleThatBuilds() throws Exception {
        execute("update pg_extension set extversion = '0.8.0' where extname = 'vector'");
        execute("alter role kb_embed set max_parallel_maintenance_workers = 0");
        assertThat(findings("HNSW builds")).isEmpty();

        execute("alter role kb_embed set max_parallel_maintenance_workers = 2");
        assertThat(findings("HNSW builds")).extracting(Finding::level).containsExactly(Level.WARN);
    }

    @Test
    void connectionsToNotionAreLookedAt() throws Exception {
        assertThat(findings("Notion")).isEmpty();

        execute("""
                insert into notion_connections (connection_id, user_id, workspace_id, workspace_name, sealed_token,
                                                api_version, requests_per_minute, state, reconciled_at)
                values ('00000000-0000-0000-0000-00000000000a', 'anna', '00000000-0000-0000-0000-00000000000b', 'Island',
                        '', '2025-09-03', 180, 'active', now())
                """);
        assertThat(findings("Notion")).singleElement().satisfies(finding -> {
            assertThat(finding.level()).isEqualTo(Level.OK);
            assertThat(finding.detail()).startsWith("1 connection compared");
        });

        execute("update notion_connections set reconciled_at = now() - interval '2 hours'");
        assertThat(findings("Notion")).singleElement().satisfies(finding -> {
            assertThat(finding.level()).isEqualTo(Level.WARN);
            assertThat(finding.detail()).startsWith("1 of 1 connection not compared");
        });

        execute("update notion_connections set state = 'needs-attention', detail = 'the token is revoked'");
        assertThat(findings("Notion")).singleElement().satisfies(finding -> {
            assertThat(finding.level()).isEqualTo(Level.WARN);
            assertThat(finding.detail())
                    .isEqualTo("1 of 1 connection cannot be read, for example: the token is revoked");
            assertThat(finding.mend()).contains("their owners have to connect again");
        });
    }

    private static List<Finding> findings(String check) {
        return new PostgresExamination(home)
                .examine().stream()
                        .filter(finding -> finding.check().equals(check))
                        .toList();
    }

    private static void execute(String sql) throws Exception {
        try (Connection connection = cluster.connect("kb");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
