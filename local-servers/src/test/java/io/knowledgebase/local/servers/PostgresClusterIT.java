package io.knowledgebase.local.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PostgresClusterIT {

    static PostgresCluster cluster;

    @BeforeAll
    static void start() {
        cluster = PostgresCluster.inTestFolder().start();
    }

    @AfterAll
    static void close() {
        cluster.close();
    }

    @Test
    void computesDistancesOfVectors() throws SQLException {
        cluster.createDatabase("vectors");
        execute("vectors", "create extension vector");
        assertThat(query("vectors", "select '[1,0]'::vector <=> '[0,1]'::vector"))
                .isEqualTo("1");
    }

    @Test
    void keepsCommittedRowsThroughACrash() throws SQLException {
        cluster.createDatabase("crash");
        execute("crash", "create table kept (id int)");
        execute("crash", "insert into kept values (42)");
        int port = cluster.port();

        cluster.kill();
        assertThat(cluster.isRunning()).isFalse();
        cluster.start();

        assertThat(query("crash", "select id from kept")).isEqualTo("42");
        assertThat(cluster.port()).isEqualTo(port);
    }

    @Test
    void startsAgainWhenTheCrashedServersPidBelongsToAnother() throws Exception {
        cluster.kill();
        Path pidFile = Files.walk(cluster.log().getParent(), 2)
                .filter(file -> file.endsWith("postmaster.pid"))
                .findFirst()
                .orElseThrow();
        String[] lines = Files.readString(pidFile).split("\n");
        lines[0] = Long.toString(ProcessHandle.current().pid());
        Files.writeString(pidFile, String.join("\n", lines) + "\n");

        assertThat(cluster.isRunning()).isFalse();
        cluster.start();

        assertThat(query("postgres", "select 1")).isEqualTo("1");
    }

    @Test
    void restartsOnTheSamePortWithoutLosingOpenDatabases() throws SQLException {
        cluster.ensureDatabase("restarted");
        int port = cluster.port();
        cluster.restart();
        assertThat(cluster.ensureDatabase("restarted")).isEqualTo("jdbc:postgresql://127.0.0.1:" + port + "/restarted");
        assertThat(query("restarted", "select 1")).isEqualTo("1");
    }

    @Test
    void startingTwiceKeepsTheServer() {
        long pid = cluster.process().orElseThrow().pid();
        cluster.start();
        assertThat(cluster.process().orElseThrow().pid()).isEqualTo(pid);
    }

    @Test
    void refusesAWrongPassword() {
        assertThatThrownBy(() -> DriverManager.getConnection(cluster.jdbcUrl("postgres"), "kb", "wrong"))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("password authentication failed");
    }

    @Test
    void createsADatabaseOfTheSameNameAnew() throws SQLException {
        cluster.createDatabase("fresh");
        execute("fresh", "create table old (id int)");
        cluster.createDatabase("fresh");
        assertThat(query("fresh", "select to_regclass('old') is null")).isEqualTo("t");
    }

    @Test
    void failsWithTheLogWhenThePortIsTaken() {
        Path folder = TestFolder.create("taken");
        Path log = folder.resolve("postgres.log");
        PostgresCluster second =
                PostgresCluster.detached(folder.resolve("postgres"), folder.resolve("password"), log, cluster.port());
        try {
            assertThatThrownBy(second::start)
                    .isInstanceOf(ServerFailedException.class)
                    .hasMessageContaining("port " + cluster.port())
                    .hasMessageContaining(log.toString());
        } finally {
            second.kill();
            TestFolder.delete(folder);
        }
    }

    @Test
    void aDetachedClusterIsFoundAgainAndStoppedByAnotherInstance() throws Exception {
        Path folder = TestFolder.create("detached");
        Path password = folder.resolve("secrets/postgres");
        Path log = folder.resolve("postgres.log");
        int port = Ports.free();
        try {
            PostgresCluster.detached(folder.resolve("postgres"), password, log, port)
                    .start();
            PostgresCluster found = PostgresCluster.detached(folder.resolve("postgres"), password, log, Ports.free());
            assertThat(found.isRunning()).isTrue();
            assertThat(found.port()).isEqualTo(port);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(password)))
                    .isEqualTo("rw-------");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(password.getParent())))
                    .isEqualTo("rwx------");
            ChildProcess process = found.process().orElseThrow();
            found.stop();
            assertThat(process.awaitEnd(Duration.ofSeconds(10))).isTrue();
        } finally {
            TestFolder.delete(folder);
        }
    }

    private static void execute(String database, String sql) throws SQLException {
        try (Connection connection = cluster.connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String query(String database, String sql) throws SQLException {
        try (Connection connection = cluster.connect(database);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
