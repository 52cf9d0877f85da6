package io.knowledgebase.local.cutover;

import io.knowledgebase.local.terminal.CommandFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.reader.ReaderException;
import org.yaml.snakeyaml.representer.Representer;
import org.yaml.snakeyaml.resolver.Resolver;
import tools.jackson.databind.JsonNode;

/** A YAML file of further columns that are moved: types by table and column. */
final class MappingFile {

    private static final String REMARK = """
            # Columns and tables that are moved besides those that every move has. Types: text, secret (a text that is
            # sealed on its way), boolean, integer, bigint, double precision, timestamp, bytea. What is left out here is
            # not migrated.
            """;

    private static final String DOUBLED = "found duplicate key ";

    /** What is followed by a name from the file. */
    private static final Pattern NAMED = Pattern.compile("(?s)(undefined alias|tag handle|for the tag) .*");

    private MappingFile() {}

    /** Types by table and column. */
    static Map<String, Map<String, String>> read(Path file) {
        Map<String, Map<String, String>> mapping = new LinkedHashMap<>();
        if (!(parsed(file) instanceof Map<?, ?> tables)) {
            throw wrong(file, "it names no table");
        }
        tables.forEach((table, columns) -> {
            if (!(columns instanceof Map<?, ?> types)) {
                throw wrong(file, table + " names no column");
            }
            Map<String, String> known = new LinkedHashMap<>();
            types.forEach((column, type) -> {
                if (!(type instanceof String text) || text.isBlank()) {
                    throw wrong(file, table + "." + column + " has no type");
                }
                known.put(String.valueOf(column), text);
            });
            mapping.put(String.valueOf(table), known);
        });
        return mapping;
    }

    private static @Nullable Object parsed(Path file) {
        try {
            return yaml().load(Files.readString(file));
        } catch (IOException e) {
            throw CommandFailedException.usage(file + " cannot be read", "name a file of tables and their columns");
        } catch (MarkedYAMLException e) {
            throw wrong(file, said(e));
        } catch (ReaderException e) {
            throw wrong(file, "it has characters that no text has");
        } catch (YAMLException e) {
            throw wrong(file, "it is too large or too deeply nested");
        }
    }

    /** Where it is and what is wrong there, without what the file holds but for a doubled key. */
    private static String said(MarkedYAMLException e) {
        Mark mark = e.getProblemMark();
        String problem = String.valueOf(e.getProblem());
        return "line " + (mark.getLine() + 1) + ", column " + (mark.getColumn() + 1) + ": "
                + (problem.startsWith(DOUBLED)
                        ? problem.substring(DOUBLED.length()) + " is there twice"
                        : NAMED.matcher(problem).replaceFirst("$1"));
    }

    private static CommandFailedException wrong(Path file, String why) {
        return CommandFailedException.usage(
                file + " is no mapping: " + why,
                "./kb cutover inspect --write-mapping FILE writes one of what is not migrated");
    }

    /**
     * Writes one.
     *
     * @param mapping types by table and column
     */
    static String of(JsonNode mapping) {
        Map<String, Map<String, String>> tables = new LinkedHashMap<>();
        mapping.properties().forEach(table -> {
            Map<String, String> columns = new LinkedHashMap<>();
            table.getValue()
                    .properties()
                    .forEach(column ->
                            columns.put(column.getKey(), column.getValue().asString("")));
            tables.put(table.getKey(), columns);
        });
        return REMARK + yaml().dump(tables);
    }

    /** Without YAML's own idea of what a bare word means: a column may be called {@code no}. */
    private static Yaml yaml() {
        DumperOptions style = new DumperOptions();
        style.setDefaultFlowStyle(DumperOptions.FlowStyle.BLOCK);
        LoaderOptions limits = new LoaderOptions();
        limits.setAllowDuplicateKeys(false);
        return new Yaml(new SafeConstructor(limits), new Representer(style), style, limits, new Resolver() {
            @Override
            protected void addImplicitResolvers() {}
        });
    }
}
