package io.knowledgebase.local.notion;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.local.client.StubbedIngest;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.servers.Ports;
import io.knowledgebase.local.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class NotionStandInCommandTest {

    @TempDir
    Path folder;

    final ByteArrayOutputStream out = new ByteArrayOutputStream();
    final ByteArrayOutputStream progress = new ByteArrayOutputStream();

    @Test
    void itsTokenIsValidAndItsPeoplesEditsAreTold() throws Exception {
        int port = Ports.free();
        try (StubbedIngest ingest = new StubbedIngest().on("POST /v1/webhooks/notion", 200, "")) {
            Home home = new Home(folder, folder, Map.of("KB_INGEST_URL", ingest.url()));
            Terminal terminal = new Terminal(new PrintStream(out, true, UTF_8), new PrintStream(progress, true, UTF_8));
            CompletableFuture<Integer> code = new CompletableFuture<>();
            Thread standIn =
                    new Thread(() -> code.complete(new CommandLine(new NotionStandInCommand(() -> home, terminal))
                            .execute("--port=" + port, "--pages=5", "--edits-per-minute=600", "--webhooks")));
            standIn.start();

            await().until(() -> progress.toString(UTF_8).contains("edits are told from now on"));
            assertThat(out.toString(UTF_8)).contains("KB_NOTION_URL=http://127.0.0.1:" + port + " ./kb up --detach");
            assertThat(progress.toString(UTF_8)).contains("serves 35 pages").contains("Ctrl-C ends it");
            Matcher token = Pattern.compile("token +(\\S+)").matcher(out.toString(UTF_8));
            assertThat(token.find()).isTrue();
            HttpRequest me = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/users/me"))
                    .header("Authorization", "Bearer " + token.group(1))
                    .header("Notion-Version", "2025-09-03")
                    .build();
            assertThat(HttpClient.newHttpClient()
                            .send(me, BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(200);
            await().until(() -> ingest.requests().stream().anyMatch(request -> request.contains("\"entity\"")));

            standIn.interrupt();
            assertThat(code.get(30, TimeUnit.SECONDS)).isZero();
        }
    }
}
