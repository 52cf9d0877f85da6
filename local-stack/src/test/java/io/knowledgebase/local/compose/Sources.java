package io.knowledgebase.local.compose;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.yaml.snakeyaml.Yaml;

/** What the modules' sources say about settings: no service is on this module's class path. */
final class Sources {

    private static final Pattern RECORD = Pattern.compile(
            "@ConfigurationProperties\\(prefix = \"([^\"]+)\".*?\\brecord \\w+\\((.*?)\\)\\s*\\{", Pattern.DOTALL);
    private static final Pattern COMPONENT =
            Pattern.compile("(?:@DefaultValue\\(\"([^\"]*)\"\\)|@Nullable)\\s+[\\w<>.]+\\s+(\\w+)\\s*(?:,|$)");

    private final Path root;

    Sources(Path root) {
        this.root = root;
    }

    String read(String file) {
        try {
            return Files.readString(root.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Settings of a module as variables of the environment, each with its default. */
    Map<String, String> settings(String module) {
        Map<String, String> settings = new TreeMap<>();
        for (Path file : javaFiles(module)) {
            Matcher record = RECORD.matcher(read(file.toString()));
            if (record.find()) {
                COMPONENT
                        .matcher(record.group(2).trim())
                        .results()
                        .forEach(component -> settings.put(
                                variable(record.group(1) + "." + hyphenated(component.group(2))),
                                Objects.requireNonNullElse(component.group(1), "")));
            }
        }
        return settings;
    }

    private List<Path> javaFiles(String module) {
        try (Stream<Path> files = Files.walk(root.resolve(module).resolve("src/main/java"))) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .map(root::relativize)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A module's {@code application.yaml}, flat: full property name to value. */
    Map<String, String> application(String module) {
        Map<String, String> properties = new TreeMap<>();
        flatten("", new Yaml().load(read(module + "/src/main/resources/application.yaml")), properties);
        return properties;
    }

    private static void flatten(String prefix, Object node, Map<String, String> properties) {
        if (node instanceof Map<?, ?> map) {
            map.forEach((key, value) -> flatten(prefix.isEmpty() ? "" + key : prefix + "." + key, value, properties));
        } else {
            properties.put(prefix, String.valueOf(node));
        }
    }

    /** The variable that sets a property. */
    static String variable(String property) {
        return property.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    private static String hyphenated(String name) {
        return name.replaceAll("(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
    }
}
