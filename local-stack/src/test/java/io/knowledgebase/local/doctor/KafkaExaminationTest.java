package io.knowledgebase.local.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.local.home.Home;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KafkaExaminationTest {

    @TempDir
    Path folder;

    @Test
    void anAddressThatNothingCanBeMadeOfIsAFinding() {
        Home home = new Home(folder, folder, Map.of("KB_KAFKA_BOOTSTRAP", "no-address"));
        assertThat(new KafkaExamination(home).examine()).singleElement().satisfies(finding -> {
            assertThat(finding.level()).isEqualTo(Finding.Level.FAIL);
            assertThat(finding.detail()).contains("bootstrap.servers");
            assertThat(finding.mend()).contains("KB_KAFKA_BOOTSTRAP");
        });
    }
}
