package io.knowledgebase.local.stack;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceProcessTest {

    @TempDir
    Path folder;

    @BeforeEach
    void build() throws Exception {
        Path jar = new Home(folder, folder, Map.of()).jar(Service.EMBED);
        Files.createDirectories(jar.getParent());
        Files.writeString(jar, "jar");
    }

    @Test
    void anotherSettingOfTheServiceIsNoticed() {
        assertThat(settings(Map.of("KB_EMBED_THREADS", "1")))
                .isEqualTo(settings(Map.of("KB_EMBED_THREADS", "1")))
                .isNotEqualTo(settings(Map.of("KB_EMBED_THREADS", "2")))
                .isNotEqualTo(settings(Map.of()));
    }

    @Test
    void whatTheServiceIsNotToldMakesNoDifference() {
        assertThat(settings(Map.of(
                        "KB_DEBUG",
                        "1",
                        "KB_USER",
                        "anna",
                        "KB_TOKEN",
                        "t",
                        "HOME",
                        "/home/anna",
                        "KB_CHAT_PASSWORD",
                        "p")))
                .isEqualTo(settings(Map.of()));
    }

    private String settings(Map<String, String> environment) {
        return new ServiceProcess(new Home(folder, folder, environment), Service.EMBED).settings();
    }
}
