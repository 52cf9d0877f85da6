package io.knowledgebase.local.generations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.knowledgebase.local.terminal.CommandFailedException;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplayCommandTest {

    private static final Instant NOW = Instant.parse("2026-11-25T10:00:00Z");

    @ParameterizedTest
    @CsvSource({
        "2026-11-24T23:59:00Z, 2026-11-24T23:59:00Z",
        "2026-11-24, 2026-11-24T00:00:00Z",
        "90s, 2026-11-25T09:58:30Z",
        "90m, 2026-11-25T08:30:00Z",
        "12h, 2026-11-24T22:00:00Z",
        "3d, 2026-11-22T10:00:00Z"
    })
    void sinceIsATimeADayOrSoLongAgo(String text, Instant time) {
        assertThat(ReplayCommand.time(text, NOW)).isEqualTo(time);
    }

    @Test
    void whatIsNoTimeIsRefusedWithExamples() {
        assertThatThrownBy(() -> ReplayCommand.time("soon", NOW))
                .isInstanceOf(CommandFailedException.class)
                .hasMessage("--since soon is not a time");
    }
}
