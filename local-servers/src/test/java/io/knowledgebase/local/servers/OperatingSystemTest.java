package io.knowledgebase.local.servers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class OperatingSystemTest {

    @Test
    void aProcessWhoseFolderCannotBeToldWorksInNone() {
        Path here = Path.of("").toAbsolutePath();
        assertThat(OperatingSystem.worksIn(ProcessHandle.current().pid(), here)).isTrue();
        assertThat(OperatingSystem.worksIn(ProcessHandle.current().pid(), Path.of("/")))
                .isFalse();
        assertThat(OperatingSystem.worksIn(999_999_999, here)).isFalse();
    }
}
