package io.knowledgebase.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.HelpCommand;

class KbTest {

    static Stream<CommandLine> commands() {
        return below(Kb.commandLine()).filter(command -> !(command.getCommand() instanceof HelpCommand));
    }

    private static Stream<CommandLine> below(CommandLine command) {
        return Stream.concat(
                Stream.of(command), command.getSubcommands().values().stream().flatMap(KbTest::below));
    }

    /** Lists of commands show the first line alone, and the terminal breaks lines where it is narrow. */
    @ParameterizedTest
    @MethodSource("commands")
    void eachLineOfADescriptionIsASentence(CommandLine command) {
        String[] lines = command.getCommandSpec().usageMessage().description();
        assertThat(lines).isNotEmpty();
        assertThat(lines[0]).endsWith(".");
        assertThat(Arrays.stream(lines).filter(line -> !line.isEmpty())).allMatch(line -> line.endsWith("."));
    }
}
