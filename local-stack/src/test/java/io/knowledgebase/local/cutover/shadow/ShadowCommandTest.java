package io.knowledgebase.local.cutover.shadow;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.local.client.StubbedIngest;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class ShadowCommandTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "null, 'the move has no collection of Qdrant''s, so there is nothing to ask'",
        "'{\"phase\":\"done\"}', nobody who has documents from Qdrant has asked anything"
    })
    void whyThereIsNothingToAskIsSaid(String points, String why) throws Exception {
        ByteArrayOutputStream shown = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(shown, true, UTF_8);
        Terminal terminal = new Terminal(stream, stream);
        try (StubbedIngest ingest = new StubbedIngest()) {
            ingest.on("GET /v1/cutover/questions", 200, "[]")
                    .on("GET /v1/cutover", 200, "{\"state\":\"streaming\",\"qdrant\":" + points + "}");
            Home home = new Home(
                    folder, folder, Map.of("KB_INGEST_URL", ingest.url(), "KB_ACCESS_SECRET", "secret".repeat(6)));
            CommandLine command = new CommandLine(new ShadowCommand(() -> home, terminal))
                    .setExecutionExceptionHandler((failure, any, parsed) -> terminal.failed(failure));

            assertThat(command.execute()).isEqualTo(ExitCode.FAILED);
            assertThat(shown.toString(UTF_8)).contains("✗ " + why);
        }
    }
}
