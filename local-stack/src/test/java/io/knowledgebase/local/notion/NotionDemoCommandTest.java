package io.knowledgebase.local.notion;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class NotionDemoCommandTest {

    @ParameterizedTest
    @CsvSource({
        "--pages=-1, --pages is a number from 5 to 20000",
        "--pages=20001, --pages is a number from 5 to 20000",
        "--edits=0, --edits is a number from 1 to 100000",
        "--check --freshness, --freshness goes neither with --check nor with --edits",
        "--edits=5 --freshness, --freshness goes neither with --check nor with --edits",
    })
    void whatMakesNoSenseIsRefusedBeforeAnythingStarts(String options, String message) {
        List<Exception> failures = new ArrayList<>();
        new CommandLine(new NotionDemoCommand())
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    failures.add(failure);
                    return ExitCode.FAILED;
                })
                .execute(options.split(" ", -1));

        assertThat(failures).singleElement().isInstanceOfSatisfying(CommandFailedException.class, failure -> {
            assertThat(failure).hasMessage(message);
            assertThat(failure.exitCode()).isEqualTo(ExitCode.USAGE);
        });
    }
}
