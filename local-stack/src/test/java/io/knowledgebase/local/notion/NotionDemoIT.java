package io.knowledgebase.local.notion;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.local.Demonstration;
import org.junit.jupiter.api.Test;

class NotionDemoIT {

    @Test
    void demonstrationEndsEqualAndLeavesNothingBehind() throws Exception {
        assertThat(Demonstration.run("notion", "demo", "--check", "--pages", "30", "--edits", "100"))
                .contains("after the first sync workspace and index are equal: 60 pages")
                .contains("after the reconciliation workspace and index are equal")
                .contains("all of it took");
    }
}
