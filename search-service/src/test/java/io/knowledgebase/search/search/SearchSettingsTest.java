package io.knowledgebase.search.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.DefaultValue;

class SearchSettingsTest {

    @Test
    void theReadmeHasEverySettingWithItsDefault() throws IOException {
        List<String> rows = Files.readAllLines(Path.of("README.md")).stream()
                .filter(line -> line.startsWith("| `kb.search."))
                .map(line -> line.substring(0, line.indexOf('|', line.indexOf('|', 1) + 1) + 1))
                .toList();

        assertThat(rows)
                .containsExactlyElementsOf(Arrays.stream(SearchSettings.class.getRecordComponents())
                        .map(SearchSettingsTest::row)
                        .toList());
    }

    @Test
    void valuesOutOfRangeAreRefusedByName() {
        assertThatThrownBy(() -> new SearchSettings(20_000, 20_000, 100, 0, 20_000, 2_000, Duration.ofMinutes(10), ""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("kb.search.ef-search is 0");
    }

    private static String row(RecordComponent component) {
        String name = component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
        DefaultValue value = component
                .getAccessor()
                .getDeclaringClass()
                .getDeclaredConstructors()[0]
                .getParameters()[position(component)]
                .getAnnotation(DefaultValue.class);
        return "| `kb.search." + name + "` | " + value.value()[0] + " |";
    }

    private static int position(RecordComponent component) {
        return Arrays.asList(SearchSettings.class.getRecordComponents()).stream()
                .map(RecordComponent::getName)
                .toList()
                .indexOf(component.getName());
    }
}
