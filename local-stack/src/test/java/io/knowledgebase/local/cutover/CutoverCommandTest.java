package io.knowledgebase.local.cutover;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.local.client.StubbedIngest;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CutoverCommandTest {

    @TempDir
    Path folder;

    final ByteArrayOutputStream out = new ByteArrayOutputStream();
    final ByteArrayOutputStream progress = new ByteArrayOutputStream();
    StubbedIngest ingest;
    CommandLine command;

    @BeforeEach
    void start() throws IOException {
        ingest = new StubbedIngest();
        use(Map.of("KB_INGEST_URL", ingest.url(), "KB_TOKEN", "token"));
    }

    /** With tokens that are minted for each user. */
    private void forEverybody() {
        use(Map.of("KB_INGEST_URL", ingest.url(), "KB_ACCESS_SECRET", "5a".repeat(32)));
    }

    private void use(Map<String, String> settings) {
        Home home = new Home(folder, folder, settings);
        Terminal terminal = new Terminal(stream(out), stream(progress));
        command = new CommandLine(new CutoverCommand(() -> home, terminal))
                .setExecutionExceptionHandler((failure, any, parsed) -> terminal.failed(failure));
    }

    @AfterEach
    void stop() {
        ingest.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "status", "verify", "complete", "close", "withdraw", "report"})
    @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void nobodyIsWaitedForWhoDoesNotAnswerAtFirst(String name) {
        ingest.close();

        int code = name.isEmpty() ? command.execute() : command.execute(name);
        assertThat(code).isEqualTo(ExitCode.NOT_RUNNING);
        assertThat(shown())
                .contains("✗ ingest-service does not answer", "mend: start it with ./kb up --detach")
                .doesNotContain("…");
    }

    @Test
    void whatIsWishedIsWaitedForThroughAShortAbsence() {
        ingest.on("POST /v1/cutover/clean", 202, status("streaming", "\"wish\":\"clean\""))
                .on("GET /v1/cutover", 503, "{\"detail\":\"later\"}")
                .on("GET /v1/cutover", 200, status("idle", "\"wish\":null"));

        assertThat(command.execute("clean")).isEqualTo(ExitCode.OK);
        assertThat(shown()).contains("later", "the move is idle");
    }

    @Test
    void aMappingIsNotWrittenOverAnother() throws IOException {
        ingest.on("POST /v1/cutover/inspect", 200, "{\"unmapped\":{\"users\":{\"plan\":\"text\"}}}");
        Path mapping = folder.resolve("mapping.yaml");
        String[] inspect = {"inspect", "--sqlite", "chat.db", "--write-mapping", mapping.toString()};

        assertThat(command.execute(inspect)).isEqualTo(ExitCode.OK);
        assertThat(mapping).content().contains("plan: text");
        Files.writeString(mapping, "edited");
        assertThat(command.execute(inspect)).isEqualTo(ExitCode.USAGE);
        assertThat(shown()).contains("✗ " + mapping + " is there already");
        assertThat(mapping).hasContent("edited");
        assertThat(ingest.requests()).hasSize(1);
    }

    @Test
    void noFolderIsNamedWhereNoOriginalsAreKept() {
        Path originals = folder.resolve("originals");
        ingest.on("GET /v1/cutover/report", 200, "{\"newDocuments\":[]}").on("GET /v1/cutover/documents", 200, "[]");

        assertThat(command.execute("report", "--originals", originals.toString()))
                .isEqualTo(ExitCode.FAILED);
        assertThat(shown()).contains("KB_TOKEN is one user's");
        forEverybody();
        assertThat(command.execute("report", "--originals", originals.toString()))
                .isEqualTo(ExitCode.OK);
        assertThat(shown()).contains("no originals are kept").doesNotContain(originals.toString());
        assertThat(originals).doesNotExist();
    }

    @Test
    void originalsOfEachUserAreInAFolderOfTheirOwn() throws IOException {
        Path originals = folder.resolve("originals");
        ingest.on("GET /v1/cutover/report", 200, "{\"newDocuments\":[]}")
                .on("GET /v1/cutover/documents", 200, documents("1", "a/b", "2", "a_b"))
                .on("GET /v1/cutover/documents", 200, documents("3", "a/b"))
                .on("GET /v1/cutover/documents", 200, "[]");
        for (String id : List.of("1", "2", "3")) {
            ingest.on("GET /v1/documents/" + id + "/content", 200, "text " + id);
        }
        forEverybody();

        assertThat(command.execute("report", "--originals", originals.toString()))
                .isEqualTo(ExitCode.OK);
        assertThat(shown()).contains("✓ 3 originals in " + originals);
        assertThat(originals.resolve("a_b/2-a.txt")).hasContent("text 2");
        try (Stream<Path> folders = Files.list(originals)) {
            Path other = folders.filter(one -> !one.endsWith("a_b")).findFirst().orElseThrow();
            assertThat(other.resolve("1-a.txt")).hasContent("text 1");
            assertThat(other.resolve("3-a.txt")).hasContent("text 3");
        }
    }

    /** By ids and users in turn. */
    private static String documents(String... idsAndUsers) {
        List<String> documents = new ArrayList<>();
        for (int i = 0; i < idsAndUsers.length; i += 2) {
            documents.add("{\"documentId\":\"" + idsAndUsers[i] + "\",\"userId\":\"" + idsAndUsers[i + 1]
                    + "\",\"externalId\":\"a.txt\"}");
        }
        return documents.toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"complete", "rollback", "close", "verify"})
    void whoHasStartedNothingIsToldHowToStart(String name) {
        String request = "POST /v1/cutover/" + (name.equals("verify") ? "verifications" : name);
        ingest.on(request, 409, "{\"detail\":\"The move is not so far.\"}")
                .on("GET /v1/cutover", 200, status("idle", "\"wish\":null"));

        assertThat(command.execute(name)).isEqualTo(ExitCode.FAILED);
        assertThat(shown())
                .contains("The move is not so far.", "mend: start it first: ./kb cutover start --sqlite FILE");
    }

    @Test
    void whatElseHasToBeDoneFirstIsWhatTheServiceSays() {
        ingest.on("POST /v1/cutover/complete", 409, "{\"detail\":\"Not yet: it lags.\"}")
                .on("GET /v1/cutover", 200, status("streaming", "\"wish\":null"));

        assertThat(command.execute("complete")).isEqualTo(ExitCode.FAILED);
        assertThat(shown()).contains("it lags", "mend: what it says has to be done first");
    }

    @ParameterizedTest
    @CsvSource({
        "qdrant.url, start Qdrant or correct --qdrant",
        "qdrant.collection, correct --collection",
        "sqlite, correct --sqlite",
        "other, repeat with another value"
    })
    void aWrongFieldIsMendedByItsOption(String field, String mend) {
        String problem = "{\"detail\":\"It is wrong.\",\"field\":\"" + field + "\"}";
        ingest.on("POST /v1/cutover/inspect", 422, problem).on("POST /v1/cutover/start", 422, problem);

        for (String name : new String[] {"inspect", "start"}) {
            assertThat(command.execute(name, "--sqlite", "chat.db")).isEqualTo(ExitCode.USAGE);
            assertThat(shown()).contains("It is wrong.", "mend: " + mend);
            progress.reset();
        }
    }

    @ParameterizedTest
    @CsvSource({"complete, streaming", "rollback, cut-over"})
    void whoWaitsForWhatIsWithdrawnIsToldSo(String name, String state) {
        ingest.on("POST /v1/cutover/" + name, 202, status(state, "\"wish\":\"" + name + "\""))
                .on(
                        "GET /v1/cutover",
                        200,
                        status(state, "\"wish\":null,\"history\":[{\"detail\":\"the wish is withdrawn: it\"}]"));

        assertThat(command.execute(name)).isEqualTo(ExitCode.FAILED);
        assertThat(shown()).contains("✗ it was withdrawn").doesNotContain("differs", "cannot take");
    }

    @Test
    void aWayBackThatWasWithdrawnDoesNotUndoWhatIsCompleted() {
        ingest.on(
                        "POST /v1/cutover/complete",
                        202,
                        status(
                                "cut-over",
                                "\"wish\":null,\"history\":[{\"detail\":\"the wish is withdrawn: roll-back\"}]"))
                .on("GET /v1/cutover/report", 200, "{}");

        assertThat(command.execute("complete")).isEqualTo(ExitCode.OK);
    }

    @ParameterizedTest
    @CsvSource({
        "complete, that it be completed is withdrawn; the move is verified",
        "roll-back, the way back is withdrawn; the move is verified",
        ", nothing was under way; the move is verified"
    })
    void whatIsWithdrawnIsSaid(@Nullable String wish, String told) {
        String idle =
                status("verified", "\"wish\":null,\"history\":[{\"detail\":\"the wish is withdrawn: " + wish + "\"}]");
        ingest.on("GET /v1/cutover", 200, wish == null ? idle : status("verified", "\"wish\":\"" + wish + "\""))
                .on("GET /v1/cutover", 200, idle)
                .on("POST /v1/cutover/withdraw", 202, status("verified", "\"wish\":\"withdraw\""));

        assertThat(command.execute("withdraw")).isEqualTo(ExitCode.OK);
        assertThat(shown()).contains("✓ " + told);
    }

    @Test
    void nothingIsWithdrawnThatWasDoneMeanwhile() {
        String done = status("cut-over", "\"wish\":null,\"history\":[{\"detail\":\"it took 3 ms\"}]");
        ingest.on("GET /v1/cutover", 200, status("verified", "\"wish\":\"complete\""))
                .on("POST /v1/cutover/withdraw", 202, done);

        assertThat(command.execute("withdraw")).isEqualTo(ExitCode.OK);
        assertThat(shown()).contains("✓ nothing was under way; the move is cut-over");
    }

    @Test
    void whatStaysInAFileThatIsAwayIsTold() {
        String ended = "{\"from\":\"verified\",\"to\":\"idle\",\"detail\":\"ended\"}";
        String note = "{\"from\":\"idle\",\"to\":\"idle\",\"detail\":\"the file is not there\"}";
        ingest.on("POST /v1/cutover/clean", 202, status("idle", "\"wish\":null,\"history\":[" + ended + "]"))
                .on(
                        "POST /v1/cutover/clean",
                        202,
                        status("idle", "\"wish\":null,\"history\":[" + ended + "," + note + "]"));

        assertThat(command.execute("clean")).isEqualTo(ExitCode.OK);
        assertThat(shown())
                .contains("✓ the file is as it was, and the move is idle")
                .doesNotContain("·");
        assertThat(command.execute("clean")).isEqualTo(ExitCode.OK);
        assertThat(shown()).contains("✓ the move is idle", "· the file is not there");
    }

    @ParameterizedTest
    @CsvSource({
        "'{\"blob\":20,\"odd-date\":0},{\"twice\":1}', '· 21 rows are not in PostgreSQL: ./kb cutover report lists them'",
        "'{\"blob\":1},{}', '· 1 row is not in PostgreSQL: ./kb cutover report lists it'"
    })
    void rowsThatStayBehindAreToldAfterTheMoveAndBeforeTheWayBackIsGivenUp(String quarantined, String told) {
        String completed = status("cut-over", "\"wish\":null,\"history\":[]," + tables(quarantined));
        ingest.on("POST /v1/cutover/complete", 202, completed)
                .on("GET /v1/cutover", 200, completed)
                .on("GET /v1/cutover/report", 200, "{}");

        assertThat(command.execute("complete")).isEqualTo(ExitCode.OK);
        assertThat(shown()).containsSubsequence("✓ PostgreSQL is written to from now on", told);
        progress.reset();
        ingest.on("POST /v1/cutover/close", 409, "{\"detail\":\"Not yet.\"}");
        assertThat(command.execute("close")).isEqualTo(ExitCode.FAILED);
        assertThat(shown()).containsSubsequence(told, "Not yet.");
    }

    @Test
    void nothingIsToldOfRowsIfNoneStayBehind() {
        String completed = status("cut-over", "\"wish\":null,\"history\":[]," + tables("{\"blob\":0},{}"));
        ingest.on("POST /v1/cutover/complete", 202, completed).on("GET /v1/cutover/report", 200, "{}");

        assertThat(command.execute("complete")).isEqualTo(ExitCode.OK);
        assertThat(shown()).doesNotContain("not in PostgreSQL");
    }

    @Test
    void whereTheApplicationFindsItsTablesIsToldOnceTheyAreItsOwn() {
        String address = "host 127.0.0.1, port 15432, database kb, user kb_chat, password ";
        ingest.on("POST /v1/cutover/complete", 202, status("cut-over", "\"wish\":null"))
                .on("GET /v1/cutover/report", 200, "{}")
                .on("GET /v1/cutover", 200, status("streaming", "\"wish\":null"))
                .on("GET /v1/cutover", 200, status("closed", "\"wish\":null"));

        assertThat(command.execute("complete")).isEqualTo(ExitCode.OK);
        assertThat(shown()).contains("the application's database: " + address);
        out.reset();
        assertThat(command.execute("status")).isEqualTo(ExitCode.OK);
        assertThat(shown()).doesNotContain("database  ");
        assertThat(command.execute("status")).isEqualTo(ExitCode.OK);
        assertThat(shown()).contains("database  " + address);
    }

    /** Each with its rows by reason. */
    private static String tables(String quarantined) {
        return "\"tables\":[" + quarantined.replaceAll("\\{[^}]*}", "{\"quarantined\":$0}") + "]";
    }

    private static String status(String state, String more) {
        return "{\"state\":\"" + state + "\"," + more + "}";
    }

    private String shown() {
        return out.toString(UTF_8) + progress.toString(UTF_8);
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, UTF_8);
    }
}
