package io.knowledgebase.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.local.servers.Ports;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.schemas.event.Topics;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
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
    static final List<Process> FOREGROUND = new ArrayList<>();

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
        ENVIRONMENT.put("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1"); // they start often and live shortly
        for (String setting : List.of("INGEST", "EMBED", "SEARCH", "POSTGRES", "KAFKA", "KAFKA_CONTROLLER")) {
            ENVIRONMENT.put("KB_" + setting + "_PORT", Integer.toString(Ports.free()));
        }
    }

    @AfterAll
    static void stop() throws Exception {
        FOREGROUND.forEach(Process::destroyForcibly);
        kb("reset", "--yes");
        try (Stream<Path> files = Files.walk(home)) {
            files.sorted(java.util.Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        }
    }

    @Test
    @Order(0)
    void aStartThatFailsLeavesWhatRunsToTheNextOne() throws Exception {
        ENVIRONMENT.put("KB_TOPIC_REPLICATION", "3"); // of one broker
        Run up = kb("up", "--detach");
        ENVIRONMENT.remove("KB_TOPIC_REPLICATION");

        assertThat(up.code()).isEqualTo(1);
        assertThat(up.errors()).contains("topics");
        assertThat(health("search-service")).as("needs no topics").isEqualTo("UP");
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
    void aDeadLetterIsListedAndShownAndItsDocumentProcessedOnceMore() throws Exception {
        String id = documents("anna", "lighthouse").path("documentId").asString();
        String bootstrap = JsonMapper.shared()
                .readTree(kb("status", "--json").out())
                .at("/processes/1/address")
                .asString();
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrap), new StringSerializer(), new StringSerializer())) {
            producer.send(new ProducerRecord<>(Topics.DOCUMENTS, "no document", "{"));
            producer.send(new ProducerRecord<>(Topics.DOCUMENTS, id, "{"));
        }
        await().atMost(Duration.ofSeconds(60))
                .until(() -> kb("dead-letters").out().lines().count() == 3);
        assertThat(kb("dead-letters").out()).contains(id, "none", "MalformedEventException: record kb.documents-");
        List<JsonNode> letters = kb("dead-letters", "list", "--json")
                .out()
                .lines()
                .map(JsonMapper.shared()::readTree)
                .toList();
        JsonNode letter = only(letters, id);
        String letterId = letter.path("id").asString();
        assertThat(letter.path("topic").asString()).isEqualTo(Topics.DOCUMENTS + Topics.DEAD_LETTER_SUFFIX);
        assertThat(letter.at("/original/topic").asString()).isEqualTo(Topics.DOCUMENTS);

        assertThat(kb("dead-letters", "show", letterId).out())
                .contains(letterId, id, "header kafka_dlt-exception-fqcn");
        JsonNode shown = JsonMapper.shared()
                .readTree(kb("dead-letters", "show", id, "--json").out());
        assertThat(shown.path("id").asString()).isEqualTo(letterId);
        assertThat(shown.at("/headers/kafka_dlt-original-topic").asString()).isEqualTo(Topics.DOCUMENTS);
        assertThat(kb("dead-letters", "show", "lighthouse").code()).isEqualTo(2);
        assertThat(kb("dead-letters", "show", letter.path("topic").asString() + "-0-99999")
                        .code())
                .isEqualTo(1);

        Run withoutDocument =
                kb("dead-letters", "requeue", only(letters, null).path("id").asString());
        assertThat(withoutDocument.code()).isEqualTo(1);
        assertThat(withoutDocument.errors()).contains("is of no document");
        assertThat(kb("dead-letters", "requeue", letterId, id)).satisfies(Run::succeeds);

        await().atMost(Duration.ofSeconds(60)).until(() -> {
            JsonNode document = documents("anna", "lighthouse");
            return document.path("status").asString().equals("indexed")
                    && document.path("attempt").asInt() == 2;
        });
        assertThat(kb("dead-letters").out()).containsPattern(id + " +indexed ");
    }

    private static JsonNode only(List<JsonNode> letters, String documentId) {
        List<JsonNode> matching = letters.stream()
                .filter(letter -> Objects.equals(letter.path("documentId").asString(null), documentId))
                .toList();
        assertThat(matching).hasSize(1);
        return matching.get(0);
    }

    @Test
    @Order(2)
    void anEvaluationOfDocumentsTellsWhatIsNotAsTheManifestExpects() throws Exception {
        Path manifest = documents.resolve("manifest.tsv");
        Path snippets = documents.resolve("must_contain.json");
        Files.writeString(documents.resolve("harbour.md"), "# The harbour\n\nNine ferries leave before noon.\n");
        Files.writeString(manifest, "path\texpected\nlighthouse.txt\ttext\nharbour.md\ttext\nempty.txt\tempty\n");
        Files.writeString(
                snippets, "{\"lighthouse.txt\": [\"in a green LEDGER\"], \"harbour.md\": [\"Nine ferries\"]}");

        Run good = kb("eval-documents", documents.toString(), "--probe", "2", "--json");

        assertThat(good).satisfies(Run::succeeds);
        JsonNode round = JsonMapper.shared().readTree(good.out()).at("/rounds/0");
        assertThat(round.path("outcomes").toString()).isEqualTo("{\"text\":{\"indexed\":2},\"empty\":{\"empty\":1}}");
        assertThat(round.path("snippetsFound").asInt()).isEqualTo(2);
        assertThat(round.at("/idleProbes/indexed").asInt()).isEqualTo(2);
        assertThat(round.at("/busyProbes/indexed").asInt()).isEqualTo(2);
        assertThat(round.at("/memory/embed-service/maximumMebibytes").asInt()).isPositive();

        Files.writeString(manifest, "path\texpected\nlighthouse.txt\terror-encrypted\nempty.txt\ttext\n");
        Files.writeString(snippets, "{\"lighthouse.txt\": [\"a blue ledger\"], \"empty.txt\": [\"words\"]}");

        Run bad = kb("eval-documents", documents.toString(), "--probe", "0");

        assertThat(bad.code()).isEqualTo(1);
        assertThat(bad.out())
                .containsPattern("lighthouse.txt +different +error-encrypted +indexed")
                .containsPattern("empty.txt +different +text +failed +empty +The file is empty")
                .containsPattern("lighthouse.txt +a blue ledger +not in its only chunk")
                .containsPattern("empty.txt +words +the document is not indexed")
                .contains("0 of 2 documents (0.0 %) as expected or better; 0 of 2 snippets found");
    }

    private static JsonNode documents(String user, String text) throws Exception {
        return JsonMapper.shared()
                .readTree(kb("documents", "--user", user, "--text", text, "--json")
                        .out());
    }

    @Test
    @Order(2)
    void aSecondUpStartsOnlyWhatWasKilled() throws Exception {
        Map<String, Long> before = pids();
        ProcessHandle.of(before.get("search-service")).orElseThrow().destroyForcibly();
        await().atMost(Duration.ofMinutes(2)).until(() -> kb("status").code() == 3);

        assertThat(kb("up", "--detach")).satisfies(Run::succeeds);

        Map<String, Long> after = pids();
        assertThat(after.get("search-service")).isNotEqualTo(before.get("search-service"));
        assertThat(after.get("Kafka")).isEqualTo(before.get("Kafka"));
        assertThat(after.get("PostgreSQL")).isEqualTo(before.get("PostgreSQL"));
        assertThat(after.get("ingest-service")).isEqualTo(before.get("ingest-service"));
    }

    @Test
    @Order(2)
    void anotherGenerationIsBuiltPromotedTakenBackAndDropped() throws Exception {
        upload("carl", "ferries.md", "Nine ferries leave before noon.");
        Run reindex = kb("reindex", "--chunk-tokens", "64", "--overlap-tokens", "0", "--promote-when-ready");
        assertThat(reindex).satisfies(Run::succeeds);
        assertThat(reindex.errors()).contains("chunks of 64+0 word pieces", "searches read generation 2 now");
        assertThat(search("carl", "when do ferries leave?")).contains("Nine ferries", "\"generation\":2");
        assertThat(kb("generations").out()).containsPattern("2 +live ").containsPattern("1 +previous ");
        assertThat(kb("generations", "show", "2").out()).containsPattern("verification missing +0");

        assertThat(kb("generations", "rollback")).satisfies(Run::succeeds);
        assertThat(search("carl", "when do ferries leave?")).contains("\"generation\":1");
        assertThat(kb("generations", "promote", "2")).satisfies(Run::succeeds);
        assertThat(kb("generations", "drop", "2").errors()).contains("is live", "it cannot drop");
        assertThat(kb("generations", "drop", "1")).satisfies(Run::succeeds);
        await().atMost(Duration.ofSeconds(60))
                .until(() -> kb("generations", "list", "--json").out().lines().count() == 1);

        assertThat(kb("generations", "promote", "99").errors()).contains("There is no generation 99");
        assertThat(kb("reindex", "--model", "none").errors()).contains("there is no such model");
        assertThat(kb("reindex", "--chunk-tokens", "many").code()).isEqualTo(2);
    }

    @Test
    @Order(2)
    void documentsAreReplayed() throws Exception {
        String id = upload("dora", "storms.md", "Storms are written down at night.");

        Run replay = kb("replay", "--document", id);

        assertThat(replay).satisfies(Run::succeeds);
        assertThat(replay.errors()).contains("1 document is processed again", "has its outcome");
        JsonNode document = documents("dora", "storms").path("attempt");
        assertThat(document.asInt()).isEqualTo(2);
        assertThat(kb("replay", "--owner", "dora", "--since", "1h").errors()).contains("1 document is");
        assertThat(kb("replay").code()).isEqualTo(2);
        assertThat(kb("replay", "--since", "soon").code()).isEqualTo(2);
    }

    @Test
    @Order(3)
    void backupIsRestoredAlthoughKafkaKnowsMore() throws Exception {
        String id = upload("emil", "ferries.md", "Nine ferries leave before noon.");
        String backup = home.resolve("backup").toString();
        assertThat(kb("backup", backup)).satisfies(Run::succeeds);
        assertThat(kb("backup", backup).code()).as("it is there").isEqualTo(2);
        upload("emil", "ferries.md", "Eleven ferries leave before noon.");
        upload("emil", "later.md", "Somebody counted the ferries anew.");

        assertThat(kb("restore", backup).code()).as("nobody there to ask").isEqualTo(2);
        assertThat(kb("restore", documents.toString(), "--yes").errors()).contains("is no backup");
        assertThat(kb("restore", backup, "--yes")).satisfies(Run::succeeds);
        assertThat(processes()).isEmpty();
        assertThat(kb("up", "--detach")).satisfies(Run::succeeds);

        assertThat(search("emil", "how many ferries?")).contains("Nine ferries").doesNotContain("Eleven", "counted");
        assertThat(kb("replay", "--document", id)).as("waits for all").satisfies(Run::succeeds);
        upload("emil", "ferries.md", "Twelve ferries leave before noon.");
        assertThat(search("emil", "how many ferries?"))
                .contains("Twelve ferries")
                .doesNotContain("Nine", "counted");
        assertThat(kb("reindex", "--promote-when-ready")).satisfies(Run::succeeds);
        assertThat(search("emil", "how many ferries?"))
                .contains("Twelve ferries")
                .doesNotContain("Nine", "counted");
    }

    /** Answers the document's id. */
    private static String upload(String user, String name, String text) throws Exception {
        Path file = Files.createDirectories(home.resolve("uploads-of-" + user)).resolve(name);
        Files.writeString(file, text);
        Run upload = kb("upload", file.toString(), "--user", user, "--json");
        assertThat(upload).satisfies(Run::succeeds);
        return JsonMapper.shared()
                .readTree(upload.out())
                .at("/documents/0/documentId")
                .asString();
    }

    @Test
    @Order(4)
    void dataSurviveDownAndUpAndTheLossOfKafkaAndDownEndsAForegroundUp() throws Exception {
        assertThat(kb("down")).satisfies(Run::succeeds);
        assertThat(kb("status").code()).isEqualTo(3);
        assertThat(kb("search", "storms").code()).isEqualTo(3);
        assertThat(kb("republish").code()).isEqualTo(3);
        try (Stream<Path> files = Files.walk(home.resolve("state/kafka"))) {
            files.sorted(java.util.Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        }

        Process foreground = foreground("/v1/search");
        Map<String, Long> before = pids();
        try (FileChannel lock = FileChannel.open(home.resolve("state/run/lock"), StandardOpenOption.WRITE)) {
            lock.lock();
            assertThat(kb("up").code()).isEqualTo(1);
        }
        assertThat(pids()).as("a second up that fails ends nothing").isEqualTo(before);
        assertThat(search("anna", "who writes down storms?")).contains("sea/lighthouse.txt");
        assertThat(kb("republish")).satisfies(Run::succeeds);
        assertThat(kb("reindex", "--promote-when-ready")).satisfies(Run::succeeds);
        assertThat(search("anna", "who writes down storms?")).contains("sea/lighthouse.txt");

        assertThat(kb("down")).satisfies(Run::succeeds);

        assertThat(foreground.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(foreground.exitValue()).isZero();
        assertThat(processes()).isEmpty();
    }

    @Test
    @Order(6)
    void ctrlCLeavesNothingWhetherItStartsOrRuns() throws Exception {
        interrupt(foreground("PostgreSQL"));
        assertThat(processes()).isEmpty();
        interrupt(foreground("Kafka"));
        assertThat(processes()).isEmpty();
    }

    @Test
    @Order(7)
    void aTakenPortIsReportedWithItsSetting() throws Exception {
        try (java.net.ServerSocket taken = new java.net.ServerSocket(
                Integer.parseInt(ENVIRONMENT.get("KB_KAFKA_PORT")), 1, java.net.InetAddress.getLoopbackAddress())) {
            Run up = kb("up", "--detach");
            assertThat(up.code()).isEqualTo(1);
            assertThat(up.errors()).contains("port " + taken.getLocalPort(), "KB_KAFKA_PORT");
        }
    }

    @Test
    @Order(8)
    void resetDeletesOnlyWhenItIsAllowedTo() throws Exception {
        assertThat(kb("reset").code()).as("nobody there to ask").isEqualTo(2);
        assertThat(home.resolve("state/postgres")).exists();
        assertThat(kb("reset", "--yes")).satisfies(Run::succeeds);
        assertThat(home.resolve("state/postgres")).doesNotExist();
        assertThat(home.resolve("state/secrets")).doesNotExist();
    }

    @Test
    void resetLeavesAFolderAloneThatUpDidNotMake() throws Exception {
        Path mine = Files.createDirectories(home.resolve("mine/logs")).resolve("diary.txt");
        Files.writeString(mine, "dear diary");
        String before = ENVIRONMENT.put("KB_HOME", home.resolve("mine").toString());
        Run reset = kb("reset", "--yes");
        ENVIRONMENT.put("KB_HOME", before);
        assertThat(reset.code()).isEqualTo(1);
        assertThat(mine).exists();
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
        for (JsonNode process : status()) {
            pids.put(
                    process.path("name").asString(),
                    Long.parseLong(process.path("pid").asString()));
        }
        return pids;
    }

    private static String health(String name) throws Exception {
        for (JsonNode process : status()) {
            if (process.path("name").asString().equals(name)) {
                return process.path("health").asString();
            }
        }
        throw new AssertionError(name + " has no line");
    }

    private static JsonNode status() throws Exception {
        return JsonMapper.shared().readTree(kb("status", "--json").out()).path("processes");
    }

    /** What of the installation still runs, whether it is written down or not. */
    private static List<String> processes() {
        String state = ENVIRONMENT.get("KB_HOME");
        return ProcessHandle.allProcesses()
                .map(process -> process.info().commandLine().orElse(""))
                .filter(command -> command.contains(state))
                .toList();
    }

    /** A kb up that has told so much already. */
    private static Process foreground(String told) throws IOException {
        Path output = Files.createTempFile(home, "foreground", ".txt");
        Process foreground = process(List.of("up"))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        FOREGROUND.add(foreground);
        await().atMost(Duration.ofMinutes(3))
                .failFast(() -> assertThat(foreground.isAlive()).isTrue())
                .until(() -> Files.readString(output).contains(told));
        return foreground;
    }

    private static void interrupt(Process foreground) throws Exception {
        new ProcessBuilder("kill", "-INT", Long.toString(foreground.pid()))
                .start()
                .waitFor();
        assertThat(foreground.waitFor(90, TimeUnit.SECONDS)).isTrue();
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
