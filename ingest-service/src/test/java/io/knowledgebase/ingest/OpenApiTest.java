package io.knowledgebase.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.type.filter.AnnotationTypeFilter;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.yaml.snakeyaml.Yaml;

class OpenApiTest {

    private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");

    @Test
    void descriptionHasExactlyTheOperationsOfTheControllers() throws Exception {
        assertThat(described()).isEqualTo(mapped());
    }

    @Test
    void everyReferenceLeadsSomewhere() throws IOException {
        Map<String, Object> description = description();
        for (String reference : references(description, new TreeSet<>())) {
            Object target = description;
            for (String step : reference.substring("#/".length()).split("/")) {
                target = ((Map<?, ?>) target).get(step);
                assertThat(target).as(reference).isNotNull();
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static Set<String> described() throws IOException {
        Set<String> operations = new TreeSet<>();
        ((Map<String, Map<String, Object>>) description().get("paths"))
                .forEach((path, item) -> item.keySet().stream()
                        .filter(METHODS::contains)
                        .forEach(method -> operations.add(method + " " + path)));
        return operations;
    }

    private static Set<String> mapped() throws ClassNotFoundException {
        ClassPathScanningCandidateComponentProvider controllers =
                new ClassPathScanningCandidateComponentProvider(false);
        controllers.addIncludeFilter(new AnnotationTypeFilter(RestController.class));
        Set<String> operations = new TreeSet<>();
        for (BeanDefinition found : controllers.findCandidateComponents("io.knowledgebase.ingest")) {
            Class<?> controller = Class.forName(found.getBeanClassName());
            String prefix = paths(AnnotatedElementUtils.findMergedAnnotation(controller, RequestMapping.class))
                    .get(0);
            for (Method method : controller.getDeclaredMethods()) {
                RequestMapping mapping = AnnotatedElementUtils.findMergedAnnotation(method, RequestMapping.class);
                if (mapping != null) {
                    paths(mapping)
                            .forEach(path -> Arrays.stream(mapping.method())
                                    .forEach(verb -> operations.add(
                                            verb.name().toLowerCase(Locale.ROOT) + " " + prefix + path)));
                }
            }
        }
        return operations;
    }

    private static List<String> paths(RequestMapping mapping) {
        return mapping == null || mapping.path().length == 0 ? List.of("") : List.of(mapping.path());
    }

    private static Set<String> references(Object node, Set<String> found) {
        if (node instanceof Map<?, ?> map) {
            if (map.get("$ref") instanceof String reference) {
                found.add(reference);
            }
            map.values().forEach(value -> references(value, found));
        } else if (node instanceof List<?> list) {
            list.forEach(value -> references(value, found));
        }
        return found;
    }

    private static Map<String, Object> description() throws IOException {
        try (InputStream in = OpenApiTest.class.getResourceAsStream("/openapi/ingest.yaml")) {
            return new Yaml().load(in);
        }
    }
}
