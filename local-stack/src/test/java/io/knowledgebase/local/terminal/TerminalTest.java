package io.knowledgebase.local.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class TerminalTest {

    final ByteArrayOutputStream out = new ByteArrayOutputStream();
    final ByteArrayOutputStream progress = new ByteArrayOutputStream();
    final Terminal terminal = new Terminal(stream(out), stream(progress));

    @Test
    void aFailureSaysWhatHowToMendItAndWhereTheLogIs() {
        int code = terminal.failed(
                new CompletionException(CommandFailedException.of("it broke", "glue it", Path.of("/tmp/log"), null)));
        assertThat(code).isEqualTo(ExitCode.FAILED);
        assertThat(progress.toString(StandardCharsets.UTF_8))
                .containsSubsequence("it broke", "mend: glue it", "/tmp/log");
    }

    @Test
    void whatIsNotRunningHasItsOwnExitCode() {
        assertThat(terminal.failed(CommandFailedException.notRunning("nobody", "./kb up")))
                .isEqualTo(ExitCode.NOT_RUNNING);
    }

    @Test
    void namesOfDocumentsCannotSteerTheTerminal() {
        terminal.line("evil\u001b[2Jname");
        assertThat(out.toString(StandardCharsets.UTF_8))
                .doesNotContain("\u001b")
                .contains("evil", "name");
    }

    @Test
    void columnsAreAligned() {
        terminal.table(List.of("a", "b"), List.of(List.of("long", "x"), List.of("s", "y")));
        assertThat(out.toString(StandardCharsets.UTF_8).lines()).containsExactly("a     b", "long  x", "s     y");
    }

    @Test
    void aLongCellIsShortenedAtItsBeginningUnlessItIsTheLast() {
        String path = "folder/".repeat(20) + "report.pdf";
        terminal.table(List.of("id", "detail"), List.of(List.of(path, path)));
        String row = out.toString(StandardCharsets.UTF_8).lines().toList().get(1);
        assertThat(row.substring(0, 60)).startsWith("…").endsWith("folder/report.pdf");
        assertThat(row).endsWith("  " + path);
    }

    @Test
    void oneIsSingularAndTimesHaveSeconds() {
        assertThat(Terminal.counted(1, "page")).isEqualTo("1 page");
        assertThat(Terminal.counted(0, "page")).isEqualTo("0 pages");
        JsonMapper json = JsonMapper.shared();
        assertThat(Terminal.time(json.readTree("\"2026-11-27T10:00:00.123456Z\"")))
                .isEqualTo("2026-11-27T10:00:00Z");
        assertThat(Terminal.time(json.readTree("null"))).isEmpty();
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
