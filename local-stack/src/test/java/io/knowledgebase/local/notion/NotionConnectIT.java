package io.knowledgebase.local.notion;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.local.Kb;
import io.knowledgebase.local.client.StubbedIngest;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At a terminal, which {@code script} makes. */
class NotionConnectIT {

    @TempDir
    Path folder;

    @Test
    void theTokenIsNotShownWhileItIsTyped() throws Exception {
        try (StubbedIngest ingest = new StubbedIngest()) {
            ingest.on("GET /v1/notion/connections", 200, "{\"connections\":[]}")
                    .on("POST /v1/notion/connections", 201, "{\"connectionId\":\"1\",\"workspaceName\":\"Island\"}");
            Path shown = folder.resolve("shown");
            ProcessBuilder builder = new ProcessBuilder(
                            "script",
                            "--quiet",
                            "--return",
                            "--command",
                            "'" + Path.of(System.getProperty("java.home"), "bin", "java") + "' -Dkb.answers=true "
                                    + Kb.class.getName() + " notion connect",
                            "/dev/null")
                    .redirectErrorStream(true)
                    .redirectOutput(shown.toFile());
            builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
            builder.environment().put("KB_INGEST_URL", ingest.url());
            builder.environment().put("KB_HOME", folder.toString());
            builder.environment().put("KB_TOKEN", "token");
            Process terminal = builder.start();
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> Files.readString(shown).contains("token of the integration:"));
            try (OutputStream keyboard = terminal.getOutputStream()) {
                keyboard.write("ntn_typed\n".getBytes(UTF_8));
                keyboard.flush();
                assertThat(terminal.waitFor(60, TimeUnit.SECONDS)).isTrue();
            }

            assertThat(Files.readString(shown)).contains("connected Island").doesNotContain("ntn_typed");
            assertThat(terminal.exitValue()).isZero();
            assertThat(ingest.requests()).anyMatch(request -> request.contains("ntn_typed"));
        }
    }
}
