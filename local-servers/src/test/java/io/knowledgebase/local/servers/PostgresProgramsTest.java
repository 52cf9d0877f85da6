package io.knowledgebase.local.servers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PostgresProgramsTest {

    @ParameterizedTest
    @CsvSource({
        "0.8.0, false",
        "0.8.3, false",
        "0.8.4, true",
        "0.8.10, true",
        "0.9, true",
        "1.0.0, true",
        "0.7.4, false"
    })
    void indexesAreBuiltInParallelOnlyByVersionsWithoutTheFault(String version, boolean parallel) {
        assertThat(new PostgresPrograms(Path.of("bin"), 15, version).buildsIndexesInParallel())
                .isEqualTo(parallel);
    }
}
