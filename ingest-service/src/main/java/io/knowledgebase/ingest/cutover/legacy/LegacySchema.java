package io.knowledgebase.ingest.cutover.legacy;

import io.knowledgebase.ingest.cutover.legacy.LegacyColumn.Kind;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore.DeclaredColumn;
import io.knowledgebase.schemas.problem.Problem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The tables that are moved: the five of the chat application, and what a mapping adds to them. */
public final class LegacySchema {

    /** Those that every move has; tables that others refer to come first. */
    private static final List<LegacyTable> KNOWN = List.of(
            LegacyTable.USERS,
            LegacyTable.CHAT_SESSIONS,
            LegacyTable.CHAT_MESSAGES,
            LegacyTable.USAGE_LOGS,
            LegacyTable.NOTION_SYNCS);

    /** Without a mapping. */
    public static final LegacySchema PLAIN = new LegacySchema(Map.of());

    /** Names that Kafka's topics and Debezium's settings take as they are, and PostgreSQL once they are quoted. */
    private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]{0,62}");

    private final Map<String, List<LegacyColumn>> mapped;
    private final List<LegacyTable> tables;

    private LegacySchema(Map<String, List<LegacyColumn>> mapped) {
        this.mapped = mapped;
        this.tables = new ArrayList<>();
        KNOWN.forEach(table -> tables.add(table.with(mapped.getOrDefault(table.table(), List.of()))));
        mapped.forEach((table, columns) -> {
            if (known(table).isEmpty()) {
                tables.add(new LegacyTable(table, List.of(LegacyColumn.ID)).with(columns));
            }
        });
    }

    /**
     * With a mapping.
     *
     * @param mapping types by table and column; the types are those of {@link #types}
     * @throws Problem 400 if a name or a type cannot be had
     */
    public static LegacySchema of(Map<String, Map<String, String>> mapping) {
        Map<String, List<LegacyColumn>> mapped = new TreeMap<>();
        mapping.forEach((table, columns) -> {
            String name = name("mapping." + table, table);
            if (mapped.containsKey(name)) {
                throw Problem.badField("mapping." + table, "The mapping names " + name + " twice.");
            }
            if (columns == null || columns.isEmpty()) {
                throw Problem.badField("mapping." + table, "The mapping of " + table + " names no column.");
            }
            mapped.put(name, columns(name, columns));
        });
        return new LegacySchema(mapped);
    }

    private static List<LegacyColumn> columns(String table, Map<String, String> types) {
        Map<String, LegacyColumn> columns = new TreeMap<>();
        types.forEach((column, type) -> {
            String field = "mapping." + table + "." + column;
            String name = name(field, column);
            if (known(table)
                    .orElse(new LegacyTable(table, List.of(LegacyColumn.ID)))
                    .column(name)
                    .isPresent()) {
                throw Problem.badField(field, "The column " + name + " of " + table + " is moved without a mapping.");
            }
            Kind kind = kind(type)
                    .orElseThrow(() -> Problem.badField(
                            field,
                            "The type of " + table + "." + name + " is one of " + String.join(", ", types()) + "."));
            if (columns.put(name, new LegacyColumn(name, kind)) != null) {
                throw Problem.badField(field, "The mapping of " + table + " names " + name + " twice.");
            }
        });
        return List.copyOf(columns.values());
    }

    private static String name(String field, String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (!NAME.matcher(lower).matches()) {
            throw Problem.badField(
                    field, "What is mapped has a name of at most 63 letters, digits and _ that begins with no digit.");
        }
        return lower;
    }

    private static Optional<LegacyTable> known(String name) {
        return KNOWN.stream().filter(table -> table.table().equals(name)).findFirst();
    }

    /** What the types of mapped columns are called. */
    public static List<String> types() {
        return Arrays.stream(Kind.values())
                .flatMap(kind -> kind.mapped().stream())
                .toList();
    }

    private static Optional<Kind> kind(@Nullable String type) {
        return Arrays.stream(Kind.values())
                .filter(kind -> kind.mapped().filter(name -> name.equals(type)).isPresent())
                .findFirst();
    }

    /** Those that others refer to come first. */
    public List<LegacyTable> tables() {
        return List.copyOf(tables);
    }

    /**
     * One of them.
     *
     * @param name in any case
     */
    public Optional<LegacyTable> table(String name) {
        return tables.stream()
                .filter(table -> table.table().equalsIgnoreCase(name))
                .findFirst();
    }

    /** What it was made of: types by table and column. */
    public Map<String, Map<String, String>> mapping() {
        Map<String, Map<String, String>> mapping = new TreeMap<>();
        mapped.forEach((table, columns) -> mapping.put(
                table,
                new TreeMap<>(columns.stream()
                        .collect(Collectors.toMap(
                                LegacyColumn::name,
                                column -> column.kind().mapped().orElseThrow())))));
        return mapping;
    }

    /**
     * Checks that a file has what is mapped.
     *
     * @throws Problem 400 if it has not
     */
    public void check(LegacyFileStore file) {
        mapped.forEach((name, columns) -> {
            LegacyTable table = table(name).orElseThrow();
            if (!file.tables().contains(table)) {
                throw Problem.badField("mapping." + name, "The file has no table " + name + ".");
            }
            if (!file.hasNumberedRows(table)) {
                throw Problem.badField(
                        "mapping." + name,
                        "The table " + name + " has no primary key id of type INTEGER, so it cannot be moved.");
            }
            List<String> declared = file.columns(table).stream()
                    .map(column -> column.name().toLowerCase(Locale.ROOT))
                    .toList();
            columns.stream()
                    .filter(column -> !declared.contains(column.name()))
                    .findFirst()
                    .ifPresent(column -> {
                        throw Problem.badField(
                                "mapping." + name + "." + column.name(),
                                "The table " + name + " of the file has no column " + column.name() + ".");
                    });
        });
    }

    /** A mapping of everything in a file that this one leaves out and that can be mapped. */
    public Map<String, Map<String, String>> unmapped(LegacyFileStore file) {
        Map<String, Map<String, String>> unmapped = new LinkedHashMap<>();
        file.tables().forEach(table -> putUnmapped(unmapped, table, file));
        for (String name : file.otherTables()) {
            LegacyTable table = new LegacyTable(name.toLowerCase(Locale.ROOT), List.of(LegacyColumn.ID));
            if (NAME.matcher(table.table()).matches() && file.hasNumberedRows(table)) {
                putUnmapped(unmapped, table, file);
            }
        }
        return unmapped;
    }

    private static void putUnmapped(
            Map<String, Map<String, String>> unmapped, LegacyTable table, LegacyFileStore file) {
        Map<String, String> columns = new LinkedHashMap<>();
        for (DeclaredColumn column : file.columns(table)) {
            String name = column.name().toLowerCase(Locale.ROOT);
            if (table.column(name).isEmpty() && NAME.matcher(name).matches()) {
                columns.put(name, Kind.ofDeclaration(column.type()).mapped().orElseThrow());
            }
        }
        if (!columns.isEmpty()) {
            unmapped.put(table.table(), columns);
        }
    }
}
