package io.knowledgebase.local.cutover.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.local.Demonstration;
import org.junit.jupiter.api.Test;

class CutoverDemoIT {

    @Test
    void demonstrationMovesThereAndBackAndLeavesNothingBehind() throws Exception {
        assertThat(Demonstration.run("cutover", "demo", "--check", "--messages", "2000", "--writes", "100"))
                .containsPattern(
                        "quarantined +\\{chat_messages=\\{blob=1, odd-date=1}, usage_logs=\\{odd-date=1}, users=")
                .containsPattern("messages in PostgreSQL +lost 0, doubled 0")
                .containsPattern("messages in SQLite, after the way back +lost 0, doubled 0")
                .contains("all of it took");
    }
}
