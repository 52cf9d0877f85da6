package io.knowledgebase.embed;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.embed.generation.GenerationState;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.web.bind.annotation.RequestMapping;
import org.yaml.snakeyaml.Yaml;

class OpenApiTest {

    private static final Set<String> METHODS = Set.of("GET", "POST", "DELETE");

    @Test
    @SuppressWarnings("unchecked")
    void descriptionHasExactlyTheOperationsOfTheController() throws Exception {
        Set<String> described = new TreeSet<>();
        ((Map<String, Map<String, Object>>) description().get("paths"))
                .forEach((path, item) -> item.keySet().stream()
                        .map(method -> method.toUpperCase(Locale.ROOT))
                        .filter(METHODS::contains)
                        .forEach(method -> described.add(method + " " + path)));

        Set<String> mapped = new TreeSet<>();
        Class<?> controller = Class.forName("io.knowledgebase.embed.generation.GenerationController");
        Arrays.stream(controller.getDeclaredMethods())
                .map(method -> AnnotatedElementUtils.findMergedAnnotation(method, RequestMapping.class))
                .filter(mapping -> mapping != null)
                .forEach(mapping -> mapped.add(mapping.method()[0] + " /v1/generations"
                        + (mapping.path().length == 0 ? "" : mapping.path()[0])));
        assertThat(described).isEqualTo(mapped);
    }

    @Test
    @SuppressWarnings("unchecked")
    void statesAreThoseOfTheCode() throws IOException {
        Map<String, Object> node = description();
        for (String step : List.of("components", "schemas", "Generation", "properties", "state")) {
            node = (Map<String, Object>) node.get(step);
        }

        assertThat((List<String>) node.get("enum"))
                .containsExactlyElementsOf(Arrays.stream(GenerationState.values())
                        .map(GenerationState::code)
                        .toList());
    }

    private static Map<String, Object> description() throws IOException {
        try (InputStream yaml = OpenApiTest.class.getResourceAsStream("/openapi/embed.yaml")) {
            return new Yaml().load(yaml);
        }
    }
}
