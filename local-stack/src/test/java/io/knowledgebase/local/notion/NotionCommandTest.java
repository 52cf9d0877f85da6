package io.knowledgebase.local.notion;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.local.client.StubbedIngest;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class NotionCommandTest {

    static final String ID = "aaaaaaaa-0000-4000-8000-000000000001";
    static final String ACTIVE = connection("\"state\":\"active\",\"detail\":null,\"pausedUntil\":null");
    static final String PAUSED = connection("\"state\":\"active\",\"detail\":\"Notion answered 529\","
            + "\"pausedUntil\":\"2026-11-27T10:00:00.123456Z\",\"reconciledAt\":\"2026-11-27T09:00:00.123456Z\"");

    @TempDir
    Path folder;

    final ByteArrayOutputStream out = new ByteArrayOutputStream();
    final ByteArrayOutputStream progress = new ByteArrayOutputStream();
    final StringWriter usage = new StringWriter();
    StubbedIngest ingest;
    CommandLine command;

    @BeforeEach
    void start() throws IOException {
        ingest = new StubbedIngest();
        Home home = new Home(folder, folder, Map.of("KB_INGEST_URL", ingest.url(), "KB_TOKEN", "token"));
        Terminal terminal = new Terminal(stream(out), stream(progress));
        command = new CommandLine(new NotionCommand(() -> home, terminal))
                .setExecutionExceptionHandler((failure, any, parsed) -> terminal.failed(failure))
                .setErr(new PrintWriter(usage));
    }

    @AfterEach
    void stop() {
        ingest.close();
    }

    @Test
    void aSyncThatIsUnderWayIsFollowed() {
        ingest.on("POST /v1/notion/sync", 409, "{\"detail\":\"Such a sync is under way already.\"}")
                .on("GET /v1/notion/connections", 200, connections(ACTIVE))
                .on("GET /v1/notion/connections/" + ID, 200, ACTIVE)
                .on(
                        "GET /v1/notion/syncs",
                        200,
                        "{\"syncs\":[" + sync(9, "changes", "reading") + "," + sync(8, "all", "waiting") + ","
                                + sync(7, "all", "success") + "]}")
                .on("GET /v1/notion/syncs/8", 200, sync(8, "all", "success"));

        assertThat(command.execute("sync")).isEqualTo(ExitCode.OK);
        assertThat(shown()).contains("1 page: 1 unchanged");
    }

    @Test
    void aSyncThatRereadsIsNotReplacedByOneThatDoesNot() {
        ingest.on("POST /v1/notion/sync", 409, "{\"detail\":\"Such a sync is under way already.\"}")
                .on("GET /v1/notion/connections", 200, connections(ACTIVE))
                .on("GET /v1/notion/syncs", 200, "{\"syncs\":[" + sync(8, "all", "waiting") + "]}");

        assertThat(command.execute("sync", "--reread")).isEqualTo(ExitCode.FAILED);
        assertThat(shown()).contains("under way already");
    }

    @Test
    void whoHasNoConnectionIsToldHowToMakeOne() {
        ingest.on("POST /v1/notion/sync", 409, "{}").on("GET /v1/notion/connections", 200, connections(""));

        assertThat(command.execute("pages")).isEqualTo(ExitCode.OK);
        assertThat(shown()).contains("no connection; ./kb notion connect makes one");
        progress.reset();
        assertThat(command.execute("sync")).isEqualTo(ExitCode.FAILED);
        assertThat(shown()).contains("✗ no connection").contains("mend: ./kb notion connect makes one");
    }

    @Test
    void eachFailureOfASyncHasItsLine() {
        ingest.on("POST /v1/notion/sync", 202, "{\"syncs\":[" + sync(8, "all", "failed") + "]}");

        assertThat(command.execute("sync")).isEqualTo(ExitCode.FAILED);
        assertThat(shown())
                .containsSubsequence("mend: pages keep", "\n  · page one: broken\n", "  · page two: broken\n");
    }

    @Test
    void whyAConnectionIsPausedIsShown() {
        ingest.on("GET /v1/notion/connections", 200, connections(PAUSED))
                .on("GET /v1/notion/syncs", 200, "{\"syncs\":[]}");

        assertThat(command.execute("status")).isEqualTo(ExitCode.OK);
        assertThat(out.toString(UTF_8))
                .contains("paused", "Notion is left in peace until 2026-11-27T10:00:00Z: Notion answered 529")
                .contains("2026-11-27T09:00:00Z ");
    }

    @Test
    void pagesAreNamedByLinks() {
        ingest.on("POST /v1/notion/sync", 202, "{\"syncs\":[]}");

        assertThat(command.execute("sync", "https://www.notion.so/Ferry-times-" + ID.replace("-", "")))
                .isEqualTo(ExitCode.OK);
        assertThat(ingest.requests()).singleElement().asString().contains("\"pageIds\":[\"" + ID + "\"]");
        assertThat(command.execute("sync", "abc")).isEqualTo(ExitCode.USAGE);
        assertThat(shown()).contains("abc is neither the id nor the link of a page");
    }

    @Test
    void whatIsNoConnectionsIdIsSaidToBeNone() {
        assertThat(command.execute("disconnect", "abc")).isEqualTo(ExitCode.USAGE);
        assertThat(usage.toString()).contains("abc is no connection's id; kb notion status shows them");
        usage.getBuffer().setLength(0);
        assertThat(command.execute("pages", "--connection", "abc")).isEqualTo(ExitCode.USAGE);
        assertThat(usage.toString()).contains("abc is no connection's id");
    }

    @Test
    void aTokenThatNotionRefusesIsToBeCopiedAgain() throws IOException {
        ingest.on("GET /v1/notion/connections", 200, connections(""))
                .on("POST /v1/notion/connections", 422, "{\"detail\":\"Notion does not take this token.\"}");

        assertThat(connect()).isEqualTo(ExitCode.FAILED);
        assertThat(shown()).contains("does not take", "mend: copy the token from the integration's page at Notion");
    }

    @Test
    void connectingAgainPromisesNoReading() throws IOException {
        ingest.on("POST /v1/notion/connections", 201, ACTIVE)
                .on("GET /v1/notion/connections", 200, connections(""))
                .on("GET /v1/notion/connections", 200, connections(ACTIVE));

        assertThat(connect()).isEqualTo(ExitCode.OK);
        assertThat(shown()).contains("its pages are being read");
        progress.reset();
        assertThat(connect()).isEqualTo(ExitCode.OK);
        assertThat(shown()).contains("has the new token").doesNotContain("being read");
    }

    @Test
    void aVerificationIsWaitedForAnHourAtTheMost() {
        for (String minutes : new String[] {"0", "61", "-1"}) {
            assertThat(command.execute("verification", "--minutes=" + minutes)).isEqualTo(ExitCode.USAGE);
        }
        assertThat(shown()).contains("--minutes is a number from 1 to 60");
        assertThat(ingest.requests()).isEmpty();
    }

    private int connect() throws IOException {
        Path token = Files.writeString(folder.resolve("token"), "ntn_1\n");
        return command.execute("connect", "--token-file", token.toString());
    }

    private String shown() {
        return progress.toString(UTF_8);
    }

    private static String connections(String one) {
        return "{\"connections\":[" + one + "]}";
    }

    private static String connection(String fields) {
        return "{\"connectionId\":\"" + ID + "\",\"workspaceName\":\"Island\"," + fields + "}";
    }

    private static String sync(int runId, String kind, String state) {
        return "{\"runId\":" + runId + ",\"connectionId\":\"" + ID + "\",\"kind\":\"" + kind + "\",\"state\":\"" + state
                + "\",\"reread\":false,\"expected\":1,\"unchanged\":1,\"changed\":0,\"deleted\":0,\"failed\":0,"
                + "\"fetched\":0,\"failures\":[\"page one: broken\",\"page two: broken\"]}";
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, UTF_8);
    }
}
