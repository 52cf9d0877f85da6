package io.knowledgebase.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.knowledgebase.ingest.document.DocumentSettings;
import io.knowledgebase.ingest.notion.NotionSettings;
import io.knowledgebase.ingest.publish.PublishSettings;
import io.knowledgebase.ingest.upload.UploadSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class SettingsTest {

    private static final List<Class<? extends Record>> SETTINGS =
            List.of(UploadSettings.class, DocumentSettings.class, PublishSettings.class, NotionSettings.class);

    @Test
    void readmeHasATableOfExactlyTheSettingsAndTheirDefaults() throws Exception {
        List<String> documented = Files.readAllLines(Path.of("README.md")).stream()
                .filter(line -> line.startsWith("| `kb.") && !line.startsWith("| `kb.access."))
                .map(line -> line.substring(0, line.indexOf('|', line.indexOf('|', 1) + 1) + 1))
                .toList();

        List<String> existing = SETTINGS.stream()
                .flatMap(settings -> Arrays.stream(settings.getDeclaredConstructors()[0].getParameters())
                        .map(setting -> "| `" + prefix(settings) + "." + hyphenated(setting.getName()) + "` | "
                                + shown(setting.getAnnotation(DefaultValue.class)
                                        .value()[0]) + " |"))
                .toList();

        assertThat(documented).isEqualTo(existing);
    }

    @Test
    void everySettingHasAValidDefaultAndUnknownOnesAreErrors() {
        for (Class<? extends Record> settings : SETTINGS) {
            assertThat(settings.getAnnotation(ConfigurationProperties.class).ignoreUnknownFields())
                    .isFalse();
            assertThat(new Binder(new MapConfigurationPropertySource(Map.of()))
                            .bindOrCreate(prefix(settings), settings))
                    .isNotNull();
        }
        Binder typo = new Binder(new MapConfigurationPropertySource(Map.of("kb.upload.max-sise", "1MB")));
        assertThatThrownBy(() -> typo.bind(
                        "kb.upload",
                        Bindable.of(UploadSettings.class),
                        new NoUnboundElementsBindHandler(BindHandler.DEFAULT)))
                .isInstanceOf(BindException.class);
    }

    @Test
    void sizesAndTimesHaveTheUnitsThatTheyName() {
        UploadSettings upload = new Binder(new MapConfigurationPropertySource(Map.of("kb.upload.max-size", "7MB")))
                .bindOrCreate("kb.upload", UploadSettings.class);
        assertThat(upload.maxSize().toBytes()).isEqualTo(7 * 1024 * 1024);
        PublishSettings publish = new Binder(new MapConfigurationPropertySource(Map.of("kb.publish.poll", "2s")))
                .bindOrCreate("kb.publish", PublishSettings.class);
        assertThat(publish.poll()).hasSeconds(2);
    }

    private static String prefix(Class<?> settings) {
        return settings.getAnnotation(ConfigurationProperties.class).prefix();
    }

    private static String hyphenated(String name) {
        return Stream.of(name.split("(?=[A-Z])"))
                .map(String::toLowerCase)
                .reduce((a, b) -> a + "-" + b)
                .orElseThrow();
    }

    private static String shown(String value) {
        return value.isEmpty() ? "none" : "`" + value + "`";
    }
}
