package io.knowledgebase.local.cutover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.knowledgebase.local.terminal.CommandFailedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

class MappingFileTest {

    @TempDir
    Path folder;

    @Test
    void whatIsWrittenIsRead() throws Exception {
        String written = MappingFile.of(JsonMapper.shared()
                .readTree("{\"users\": {\"no\": \"text\"}, \"1st\": {\"score\": \"double precision\"}}"));

        assertThat(written).contains("users:\n  no: text\n");
        assertThat(MappingFile.read(file(written)))
                .isEqualTo(Map.of("users", Map.of("no", "text"), "1st", Map.of("score", "double precision")));
    }

    @ParameterizedTest
    @CsvSource({
        "'', it names no table",
        "'users', it names no table",
        "'users:', users names no column",
        "'users: [plan]', users names no column",
        "'users: {plan: }', users.plan has no type",
        "'users: {plan: {type: text}}', users.plan has no type",
        "'users: {plan: text, plan: text}', 'line 1, column 21: plan is there twice'",
        "'users:\n  plan: text\nusers:\n  age: integer', 'line 3, column 1: users is there twice'",
        "'users: *hidden', 'line 1, column 8: found undefined alias'",
        "'users: !hidden x', 'line 1, column 8: could not determine a constructor for the tag'",
        "'users:\n  plan: text: hidden', 'line 2, column 13: mapping values are not allowed here'",
        "'users:\n  plan: \u0001', it has characters that no text has",
    })
    void otherFilesAreRefused(String text, String why) throws Exception {
        Path file = file(text);
        assertThatThrownBy(() -> MappingFile.read(file))
                .isInstanceOf(CommandFailedException.class)
                .hasMessage(file + " is no mapping: " + why);
    }

    private Path file(String text) throws Exception {
        return Files.writeString(folder.resolve("mapping.yaml"), text);
    }
}
