package io.knowledgebase.local.stack;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogsTest {

    @TempDir
    Path folder;

    @Test
    void theTailIsTheLastLines() throws Exception {
        Path log = Files.writeString(folder.resolve("a.log"), "one\ntwo\nthree\n");
        assertThat(Logs.tail(log, 2)).containsExactly("two", "three");
        assertThat(Logs.tail(log, 9)).hasSize(3);
        assertThat(Logs.tail(folder.resolve("missing.log"), 2)).isEmpty();
    }

    @Test
    void theLastComplaintIsFoundAmongWhatFollowsIt() throws Exception {
        Path log = Files.writeString(
                folder.resolve("a.log"),
                "INFO started\njava.lang.IllegalStateException: no secret\n\tat somewhere\n\tat elsewhere\n");
        assertThat(Logs.lastComplaint(log)).isEqualTo(": java.lang.IllegalStateException: no secret");
        assertThat(Logs.lastComplaint(Files.writeString(folder.resolve("b.log"), "all is well\n")))
                .isEmpty();
    }
}
