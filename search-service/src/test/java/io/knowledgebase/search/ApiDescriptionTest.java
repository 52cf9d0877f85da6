package io.knowledgebase.search;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.knowledgebase.search.search.SearchAnswer;
import io.knowledgebase.search.search.SearchFilters;
import io.knowledgebase.search.search.SearchRequest;
import io.knowledgebase.search.search.SearchResult;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.yaml.snakeyaml.Yaml;

/** The description of the API says what the code does. */
class ApiDescriptionTest {

    @Test
    void describedOperationsAreThoseOfTheControllers() throws IOException {
        Map<String, Set<String>> described = new TreeMap<>();
        map(description(), "paths").forEach((path, operations) -> described.put(path, new TreeSet<>(keys(operations))));

        assertThat(described).isEqualTo(mappings());
    }

    @Test
    void describedFieldsAreThoseOfTheRecords() throws IOException, ClassNotFoundException {
        assertDescribes("SearchRequest", SearchRequest.class);
        assertDescribes("SearchFilters", SearchFilters.class);
        assertDescribes("SearchAnswer", SearchAnswer.class);
        assertDescribes("SearchResult", SearchResult.class);
        assertDescribes("ContextRequest", Class.forName("io.knowledgebase.search.context.ContextRequest"));
        assertDescribes("ContextAnswer", Class.forName("io.knowledgebase.search.context.ContextAnswer"));
        assertDescribes("Citation", Class.forName("io.knowledgebase.search.context.ContextAnswer$Citation"));
    }

    private static void assertDescribes(String schema, Class<?> type) throws IOException {
        Map<String, Object> schemas = map(map(description(), "components"), "schemas");
        assertThat(keys(map(schemas, schema).get("properties")))
                .as(schema)
                .isEqualTo(Arrays.stream(type.getRecordComponents())
                        .map(RecordComponent::getName)
                        .collect(Collectors.toSet()));
    }

    private static Map<String, Set<String>> mappings() {
        Map<String, Set<String>> mappings = new TreeMap<>();
        for (JavaClass type : new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.knowledgebase.search")) {
            if (type.isAnnotatedWith(RestController.class)) {
                for (JavaMethod method : type.getMethods()) {
                    method.tryGetAnnotationOfType(GetMapping.class)
                            .ifPresent(mapping -> add(mappings, "get", mapping.value()));
                    method.tryGetAnnotationOfType(PostMapping.class)
                            .ifPresent(mapping -> add(mappings, "post", mapping.value()));
                }
            }
        }
        return mappings;
    }

    private static void add(Map<String, Set<String>> mappings, String operation, String... paths) {
        for (String path : paths) {
            mappings.computeIfAbsent(path, ignored -> new TreeSet<>()).add(operation);
        }
    }

    private static Map<String, Object> description() throws IOException {
        try (InputStream stream = ApiDescriptionTest.class.getResourceAsStream("/openapi/search.yaml")) {
            return new Yaml().load(stream);
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Map<String, Object> parent, String key) {
        return (Map<String, Object>) parent.get(key);
    }

    @SuppressWarnings("unchecked")
    private static Set<String> keys(Object map) {
        return ((Map<String, Object>) map).keySet();
    }
}
