package io.knowledgebase.local.compose;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.yaml.snakeyaml.Yaml;

/** A compose file as Compose understands it, as far as ours goes: anchors, merges, variables, handed-on variables. */
final class ComposeFile {

    private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)(?:(:[-?])([^}]*))?}");

    private final Map<String, Object> content;

    ComposeFile(Path file) throws IOException {
        content = new Yaml().load(Files.readString(file));
    }

    /** One use of a variable: {@code operator} is {@code :-}, {@code :?}, or empty, {@code word} what follows it. */
    record Use(String variable, String operator, String word) {}

    List<Use> uses() {
        List<Use> uses = new ArrayList<>();
        replaceStrings(content, text -> {
            use(text).forEach(uses::add);
            return text;
        });
        for (String service : services()) {
            environment(service).forEach((name, value) -> {
                if (value == null) {
                    uses.add(new Use(name, "", ""));
                }
            });
        }
        return uses;
    }

    private static Stream<Use> use(String text) {
        return VARIABLE.matcher(text)
                .results()
                .map(use -> new Use(
                        use.group(1),
                        Objects.requireNonNullElse(use.group(2), ""),
                        Objects.requireNonNullElse(use.group(3), "")));
    }

    Set<String> services() {
        return new TreeSet<>(map(content.get("services")).keySet());
    }

    Set<String> volumes() {
        return map(content.get("volumes")).keySet();
    }

    private Map<String, Object> environment(String service) {
        Object environment = map(map(content.get("services")).get(service)).get("environment");
        return environment == null ? Map.of() : map(environment);
    }

    /** A service with its variables replaced; one that is required and missing is an error, as it is for Compose. */
    Map<String, Object> service(String name, Map<String, String> variables) {
        Map<String, Object> service =
                map(replaceStrings(map(content.get("services")).get(name), text -> resolve(text, variables)));
        Map<String, Object> environment = new TreeMap<>();
        environment(name)
                .forEach((variable, value) -> environment.put(
                        variable,
                        value == null ? variables.getOrDefault(variable, "") : resolve(value.toString(), variables)));
        service.put("environment", environment);
        return service;
    }

    private static String resolve(String text, Map<String, String> variables) {
        return VARIABLE.matcher(text).replaceAll(use -> Matcher.quoteReplacement(value(use, variables)));
    }

    private static String value(MatchResult use, Map<String, String> variables) {
        String value = variables.getOrDefault(use.group(1), "");
        if (!value.isEmpty()) {
            return value;
        }
        if (":?".equals(use.group(2))) {
            throw new IllegalStateException(use.group(1) + " " + use.group(3));
        }
        return Objects.requireNonNullElse(use.group(3), "");
    }

    private static Object replaceStrings(Object node, UnaryOperator<String> replacement) {
        if (node instanceof String text) {
            return replacement.apply(text);
        }
        if (node instanceof List<?> list) {
            return list.stream().map(item -> replaceStrings(item, replacement)).toList();
        }
        if (node instanceof Map<?, ?> map) {
            Map<String, Object> replaced = new LinkedHashMap<>();
            map.forEach((key, value) -> replaced.put(key.toString(), replaceStrings(value, replacement)));
            return replaced;
        }
        return node;
    }

    /** What lies at a path of keys. */
    static Object at(Object node, String... path) {
        Object current = node;
        for (String key : path) {
            current = current == null ? null : map(current).get(key);
        }
        return current;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> map(Object node) {
        return (Map<String, Object>) node;
    }

    static List<String> strings(Object list) {
        return ((List<?>) list).stream().map(String::valueOf).toList();
    }
}
