package io.knowledgebase.local.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.terminal.CommandFailedException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An address of Kafka that nothing can be made of. */
class KafkaAddressTest {

    @TempDir
    Path folder;

    @Test
    void statusSaysThatNobodyAnswers() {
        assertThat(new Backlog(home()).kafkaHealth()).isEqualTo("no answer");
        assertThatThrownBy(() -> new Backlog(home()).lag()).isInstanceOf(CommandFailedException.class);
    }

    @Test
    void theMigrationSaysWhatIsWrong() {
        assertThatThrownBy(() -> new Migration(home()).createTopics())
                .isInstanceOf(CommandFailedException.class)
                .hasMessageContaining("bootstrap.servers");
    }

    private Home home() {
        return new Home(folder, folder, Map.of("KB_KAFKA_BOOTSTRAP", "no-address"));
    }
}
