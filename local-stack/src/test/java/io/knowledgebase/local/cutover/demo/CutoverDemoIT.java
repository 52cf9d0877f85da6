package io.knowledgebase.local.cutover.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.local.Demonstration;
import org.junit.jupiter.api.Test;

class CutoverDemoIT {

    @Test
    void demonstrationMovesThereAndBackAndLeavesNothingBehind() throws Exception {
        assertThat(Demonstration.run("cutover", "demo", "--check", "--messages", "2000", "--writes", "100"))
                .containsPattern(
                        "quarantined +\\{chat_messages=\\{blob=1, odd-date=1, too-large=1}, usage_logs=\\{odd-date=1}, users=")
                .containsPattern("messages in PostgreSQL +lost 0, doubled 0")
                .containsPattern("messages in SQLite, after the way back +lost 0, doubled 0")
                .containsPattern("Qdrant +\\d+ points in, 46 documents out, \\d+ texts found again; in none of them:"
                        + " \\{duplicate=\\d+, no-chunk-id=1, no-payload=1, no-text=1, older-sync=\\d+,"
                        + " unknown-source-type=1}")
                .containsPattern("shadow reads +\\d+ questions, \\d+ chunks; overlap@10: documents [01]\\.\\d+")
                .contains("all of it took");
    }
}
