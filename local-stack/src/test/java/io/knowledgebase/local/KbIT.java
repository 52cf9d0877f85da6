package io.knowledgebase.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.local.servers.Ports;
import io.knowledgebase.local.servers.PostgresCluster;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command as its users run it: another process, real servers, the real jars of the services. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class KbIT {

    static final String PASSAGE = "The keeper of the Lindesnes lighthouse records every storm in a green ledger.";

    static Path home;
    static Path documents;
    static final Map<String, String> ENVIRONMENT = new HashMap<>();

    @BeforeAll
    static void start() throws IOException {
        home = Stream.of(System.getProperty("java.io.tmpdir"), "/tmp", "/var/tmp")
                .map(Path::of)
                .filter(PostgresCluster::canLieIn)
                .findFirst()
                .orElseThrow();
        home = Files.createTempDirectory(home, "kb-it-");
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
        documents = Files.createDirectories(home.resolve("documents/sea"));
        Files.writeString(documents.resolve("lighthouse.txt"), PASSAGE);
        Files.writeString(documents.resolve("empty.txt"), "");
        ENVIRONMENT.put("KB_HOME", home.resolve("state").toString());
        for (String setting : List.of("INGEST", "EMBED", "SEARCH", "POSTGRES", "KAFKA", "KAFKA_CONTROLLER")) {
            ENVIRONMENT.put("KB_" + setting + "_PORT", Integer.toString(Ports.free()));
        }
    }

    @AfterAll
    static void stop() throws Exception {
        kb("reset", "--yes");
        try (Stream<Path> files = Files.walk(home)) {
            files.sorted(java.util.Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        }
    }

    @Test
    @Order(1)
    void upStartsEverythingAndAPersonFindsTheirPassageAndNobodyElseDoes() throws Exception {
        assertThat(kb("status").code()).isEqualTo(3);
        assertThat(kb("up", "--detach")).satisfies(Run::succeeds);
        assertThat(kb("status")).satisfies(Run::succeeds);

        Run upload = kb("upload", documents.getParent().toString(), "--user", "anna", "--json");
        assertThat(upload.code()).as("the empty file fails").isEqualTo(1);
        JsonNode report = JsonMapper.shared().readTree(upload.out());
        assertThat(report.path("counts").path("indexed").asInt()).isEqualTo(1);
        assertThat(report.path("documents").findValuesAsString("reason")).contains("empty");

        assertThat(search("anna", "who writes down storms?")).contains("sea/lighthouse.txt");
        assertThat(search("bert", "who writes down storms?")).doesNotContain("lighthouse");
        assertThat(kb("doctor")).satisfies(Run::succeeds);
        assertThat(kb("dead-letters", "list").out()).contains("no dead letters");
    }

    @Test
    @Order(2)
    void aSecondUpStartsOnlyWhatWasKilled() throws Exception {
        Map<String, Long> before = pids();
        ProcessHandle.of(before.get("search-service")).orElseThrow().destroyForcibly();
        await().atMost(Duration.ofSeconds(20)).until(() -> kb("status").code() == 3);

        assertThat(kb("up", "--detach")).satisfies(Run::succeeds);

        Map<String, Long> after = pids();
        assertThat(after.get("search-service")).isNotEqualTo(before.get("search-service"));
        assertThat(after.get("Kafka")).isEqualTo(before.get("Kafka"));
        assertThat(after.get("PostgreSQL")).isEqualTo(before.get("PostgreSQL"));
        assertThat(after.get("ingest-service")).isEqualTo(before.get("ingest-service"));
    }

    @Test
    @Order(3)
    void dataSurviveDownAndUpAndCtrlCStopsEverything() throws Exception {
        assertThat(kb("down")).satisfies(Run::succeeds);
        assertThat(kb("status").code()).isEqualTo(3);
        assertThat(kb("search", "storms").code()).isEqualTo(3);

        Path output = home.resolve("foreground.txt");
        Process foreground =
                process(List.of("up")).redirectOutput(output.toFile()).start();
        await().atMost(Duration.ofMinutes(3))
                .failFast(() -> assertThat(foreground.isAlive()).isTrue())
                .until(() -> Files.readString(output).contains("/v1/search"));
        assertThat(search("anna", "who writes down storms?")).contains("sea/lighthouse.txt");
        Map<String, Long> pids = pids();

        new ProcessBuilder("kill", "-INT", Long.toString(foreground.pid()))
                .start()
                .waitFor();
        assertThat(foreground.waitFor(90, TimeUnit.SECONDS)).isTrue();

        assertThat(pids.values()).noneMatch(pid -> ProcessHandle.of(pid).isPresent());
    }

    @Test
    @Order(4)
    void aTakenPortIsReportedWithItsSetting() throws Exception {
        try (java.net.ServerSocket taken = new java.net.ServerSocket(
                Integer.parseInt(ENVIRONMENT.get("KB_KAFKA_PORT")), 1, java.net.InetAddress.getLoopbackAddress())) {
            Run up = kb("up", "--detach");
            assertThat(up.code()).isEqualTo(1);
            assertThat(up.errors()).contains("port " + taken.getLocalPort(), "KB_KAFKA_PORT");
        }
    }

    @Test
    @Order(5)
    void resetDeletesOnlyWhenItIsAllowedTo() throws Exception {
        assertThat(kb("reset").code()).as("nobody there to ask").isEqualTo(2);
        assertThat(home.resolve("state/postgres")).exists();
        assertThat(kb("reset", "--yes")).satisfies(Run::succeeds);
        assertThat(home.resolve("state/postgres")).doesNotExist();
        assertThat(home.resolve("state/secrets")).doesNotExist();
    }

    @Test
    void wrongUsageAndHelpHaveTheirExitCodes() throws Exception {
        assertThat(kb("--help")).satisfies(Run::succeeds);
        assertThat(kb("upload", "--help").out()).contains("Exit codes");
        assertThat(kb().code()).isEqualTo(2);
        assertThat(kb("search").code()).isEqualTo(2);
        assertThat(kb("token", "anna", "--ttl", "soon").code()).isEqualTo(2);
    }

    private static String search(String user, String query) throws Exception {
        return kb("search", query, "--user", user, "--json").out();
    }

    private static Map<String, Long> pids() throws Exception {
        Map<String, Long> pids = new HashMap<>();
        for (JsonNode process :
                JsonMapper.shared().readTree(kb("status", "--json").out()).path("processes")) {
            pids.put(
                    process.path("name").asString(),
                    Long.parseLong(process.path("pid").asString()));
        }
        return pids;
    }

    private record Run(int code, String out, String errors) {
        void succeeds() {
            assertThat(code).as(out + errors).isZero();
        }
    }

    private static Run kb(String... arguments) throws Exception {
        Path out = Files.createTempFile(home, "kb", ".out");
        Path errors = Files.createTempFile(home, "kb", ".err");
        Process process = process(List.of(arguments))
                .redirectOutput(out.toFile())
                .redirectError(errors.toFile())
                .start();
        assertThat(process.waitFor(5, TimeUnit.MINUTES))
                .as("kb " + String.join(" ", arguments))
                .isTrue();
        return new Run(
                process.exitValue(),
                Files.readString(out, StandardCharsets.UTF_8),
                Files.readString(errors, StandardCharsets.UTF_8));
    }

    private static ProcessBuilder process(List<String> arguments) {
        Path root = Path.of(System.getProperty("basedir", "."))
                .toAbsolutePath()
                .normalize()
                .getParent();
        List<String> command = new ArrayList<>(List.of(
                "env",
                "--default-signal=INT", // ignored in whatever a script runs in the background
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Dkb.root=" + root,
                "-cp",
                System.getProperty("java.class.path"),
                Kb.class.getName()));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(home.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(false);
        builder.environment().putAll(ENVIRONMENT);
        return builder;
    }
}
