package io.knowledgebase.local.home;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HomeTest {

    @TempDir
    Path folder;

    @Test
    void aSecretStaysTheSameAndIsForItsOwnerOnly() throws Exception {
        String secret = home(Map.of()).accessSecret();
        assertThat(secret)
                .hasSizeGreaterThanOrEqualTo(32)
                .isEqualTo(home(Map.of()).accessSecret());
        Path file = folder.resolve("secrets/access");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void theEnvironmentGoesBeforeGeneratedSecrets() {
        Home home = home(Map.of("KB_ACCESS_SECRET", "given", "KB_INGEST_PASSWORD", "also"));
        assertThat(home.accessSecret()).isEqualTo("given");
        assertThat(home.rolePassword(Service.INGEST)).isEqualTo("also");
    }

    @Test
    void theMovedApplicationsPasswordIsGivenGeneratedOrLeftAlone() throws Exception {
        assertThat(home(Map.of("KB_CHAT_PASSWORD", "given")).chatPassword()).contains("given");
        assertThat(home(Map.of("KB_CHAT_PASSWORD", "")).chatPassword()).isEmpty();
        assertThat(folder.resolve("secrets")).doesNotExist();

        String generated = home(Map.of()).chatPassword().orElseThrow();
        assertThat(generated).hasSizeGreaterThanOrEqualTo(32);
        assertThat(folder.resolve("secrets/chat")).content().isEqualTo(generated + "\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("secrets/chat"))))
                .isEqualTo("rw-------");
    }

    @Test
    void theMovedApplicationIsToldWhereItsPasswordIsAndNotWhichOne() {
        assertThat(home(Map.of("KB_POSTGRES_PORT", "15555")).chatAddress())
                .startsWith("host 127.0.0.1, port 15555, database kb, user kb_chat, password not known here");
        assertThat(folder.resolve("secrets")).doesNotExist();

        String generated = home(Map.of()).chatPassword().orElseThrow();
        assertThat(home(Map.of("KB_DATABASE_URL", "postgresql://admin:secret@db.example/chats"))
                        .chatAddress())
                .isEqualTo("host db.example, port 5432, database chats, user kb_chat, password in "
                        + folder.resolve("secrets/chat"))
                .doesNotContain(generated);
        assertThat(home(Map.of("KB_CHAT_PASSWORD", "given")).chatAddress())
                .endsWith("password as KB_CHAT_PASSWORD says");
        assertThat(home(Map.of("KB_CHAT_PASSWORD", "")).chatAddress()).endsWith("password as you have set it yourself");
    }

    @Test
    void portsOfTheLastStartAreRememberedUnlessTheEnvironmentSaysOtherwise() {
        home(Map.of("KB_SEARCH_PORT", "18080")).rememberPorts();
        assertThat(home(Map.of()).port(Service.SEARCH)).isEqualTo(18080);
        assertThat(home(Map.of("KB_SEARCH_PORT", "28080")).port(Service.SEARCH)).isEqualTo(28080);
        assertThat(home(Map.of()).port(Service.INGEST)).isEqualTo(8081);
    }

    @Test
    void aPortThatIsNoNumberIsRefusedByName() {
        assertThatThrownBy(() -> home(Map.of("KB_EMBED_PORT", "many")).port(Service.EMBED))
                .hasMessage("KB_EMBED_PORT is many");
    }

    @Test
    void existingServersAreUsedInsteadOfOwnOnes() {
        Home home = home(Map.of("KB_DATABASE_URL", "postgresql://a:b@db/kb", "KB_KAFKA_BOOTSTRAP", "kafka:9092"));
        assertThat(home.ownsPostgres()).isFalse();
        assertThat(home.ownsKafka()).isFalse();
        assertThat(home.database().jdbcUrl()).isEqualTo("jdbc:postgresql://db/kb");
        assertThat(home.kafkaBootstrap()).isEqualTo("kafka:9092");
    }

    @Test
    void aFolderWithOtherThingsInItIsRefusedAndNotMarked() throws Exception {
        Files.createDirectories(folder.resolve("logs"));
        Files.writeString(folder.resolve("holiday.jpg"), "");
        assertThatThrownBy(() -> home(Map.of()).claim()).hasMessageContaining("holiday.jpg");
        assertThat(home(Map.of()).isClaimed()).isFalse();

        Files.delete(folder.resolve("holiday.jpg"));
        home(Map.of()).claim();
        assertThat(home(Map.of()).isClaimed()).isTrue();
        Files.writeString(folder.resolve("holiday.jpg"), "");
        home(Map.of()).claim();
    }

    @Test
    void aFolderFromBeforeTheMarkerIsKnownByItsContents() throws Exception {
        home(Map.of()).rememberPorts();
        assertThat(home(Map.of()).isClaimed()).isFalse();
        Files.createDirectories(folder.resolve("postgres/data"));
        Files.writeString(folder.resolve("postgres/data/PG_VERSION"), "15");
        assertThat(home(Map.of()).isClaimed()).isTrue();
    }

    private Home home(Map<String, String> environment) {
        return new Home(folder, folder, environment);
    }
}
