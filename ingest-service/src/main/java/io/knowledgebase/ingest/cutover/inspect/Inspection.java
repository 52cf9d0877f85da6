package io.knowledgebase.ingest.cutover.inspect;

import io.knowledgebase.ingest.cutover.inspect.Report.Effect;
import io.knowledgebase.ingest.cutover.inspect.Report.Hazard;
import io.knowledgebase.ingest.cutover.inspect.Report.OtherType;
import io.knowledgebase.ingest.cutover.legacy.EventSize;
import io.knowledgebase.ingest.cutover.legacy.LegacyColumn;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileException;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore.DeclaredColumn;
import io.knowledgebase.ingest.cutover.legacy.LegacyRow;
import io.knowledgebase.ingest.cutover.legacy.LegacySchema;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import io.knowledgebase.ingest.cutover.legacy.MisfitException;
import io.knowledgebase.ingest.cutover.legacy.MisfitException.Reason;
import io.knowledgebase.schemas.problem.Problem;
import io.knowledgebase.sqlite.InvalidText;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Reads a file through. */
public final class Inspection {

    private static final int RANGE_ROWS = 5_000;
    private static final int EXAMPLES = 5;

    private Inspection() {}

    /**
     * Reads all rows of the application's tables; nothing is changed.
     *
     * @throws Problem 400 if the file cannot be read, or lacks what is mapped
     */
    public static Report of(Path sqlite, LegacySchema schema) {
        try (LegacyFileStore file = LegacyFileStore.openToRead(sqlite, schema)) {
            schema.check(file);
            Map<String, Keys> keys = new HashMap<>();
            List<Report.Table> tables = new ArrayList<>();
            for (LegacyTable table : schema.tables()) { // those that others refer to come first
                tables.add(
                        file.tables().contains(table) ? table(file, table, keys) : Report.Table.absent(table.table()));
            }
            return new Report(
                    sqlite.toString(),
                    file.journalMode(),
                    file.sqliteVersion(),
                    file.isCaptured(),
                    List.copyOf(tables),
                    file.otherTables().stream()
                            .map(name -> new Report.OtherTable(
                                    name, file.countOther(name).orElse(null)))
                            .toList(),
                    schema.unmapped(file));
        } catch (LegacyFileException e) {
            throw Problem.badField("sqlite", "The file " + sqlite + " is not readable: " + e.getMessage() + ".");
        }
    }

    private static Report.Table table(LegacyFileStore file, LegacyTable table, Map<String, Keys> keys) {
        List<DeclaredColumn> declared = file.columns(table);
        List<String> names = declared.stream()
                .map(column -> column.name().toLowerCase(Locale.ROOT))
                .toList();
        List<String> expected = table.columns().stream().map(LegacyColumn::name).toList();
        Findings findings = new Findings();
        long rows = scan(file, table, keys, findings);
        return new Report.Table(
                table.table(),
                true,
                rows,
                expected.stream().filter(Predicate.not(names::contains)).toList(),
                names.stream().filter(Predicate.not(expected::contains)).toList(),
                otherTypes(table, declared),
                names.stream()
                        .filter(expected::contains)
                        .toList()
                        .equals(expected.stream().filter(names::contains).toList()),
                file.triggers(table),
                file.isCaptured() && !file.isCaptured(table),
                findings.hazards());
    }

    private static List<OtherType> otherTypes(LegacyTable table, List<DeclaredColumn> declared) {
        List<OtherType> others = new ArrayList<>();
        for (DeclaredColumn column : declared) {
            LegacySchema.PLAIN.table(table.table()).map(LegacyTable::columns).orElse(List.of()).stream()
                    .filter(known -> known.name().equalsIgnoreCase(column.name()))
                    .filter(known -> !known.kind().isDeclaredAs(column.type()))
                    .map(known -> new OtherType(
                            known.name(), column.type(), known.kind().declared()))
                    .forEach(others::add);
        }
        return others;
    }

    /** How many rows there are. */
    private static long scan(LegacyFileStore file, LegacyTable table, Map<String, Keys> keys, Findings findings) {
        Keys own = new Keys();
        keys.put(table.table(), own);
        long count = 0;
        long after = Long.MIN_VALUE;
        boolean more = true;
        while (more) {
            LegacyFileStore.Range range = file.rows(table, after, RANGE_ROWS);
            Map<Long, Map<String, @Nullable Object>> rows = range.rows();
            rows.forEach((id, row) -> judge(table, id, row, own, keys, findings));
            count += rows.size();
            more = range.isCut();
            after = more ? Collections.max(rows.keySet()) : after;
        }
        return count;
    }

    private static void judge(
            LegacyTable table,
            long id,
            Map<String, @Nullable Object> row,
            Keys own,
            Map<String, Keys> keys,
            Findings findings) {
        try {
            EventSize.withheld(table, row, EventSize.MOST_BYTES)
                    .forEach(column -> findings.add(Reason.TOO_LARGE.code(), column, Effect.QUARANTINED, id));
            LegacyRow.of(table, row::get).originals().keySet().forEach(column -> {
                String kind = row.get(column) instanceof InvalidText ? "not-utf8" : "nul";
                findings.add(kind, column, Effect.CONVERTED, id);
            });
        } catch (MisfitException e) {
            findings.add(e.reason().code(), e.column(), Effect.QUARANTINED, id);
        }
        for (String unique : table.uniques()) {
            Object value = row.get(unique);
            if (value != null && !own.add(unique, value)) {
                findings.add("duplicate", unique, Effect.QUARANTINED, id);
            }
        }
        table.reference()
                .filter(reference -> row.containsKey(reference.column()))
                .ifPresent(reference -> {
                    Object value = row.get(reference.column());
                    Keys referred = keys.get(reference.table());
                    if (value == null) {
                        findings.add("null-reference", reference.column(), Effect.AS_IT_IS, id);
                    } else if (referred == null || !referred.contains(reference.column(), value)) {
                        findings.add("orphan", reference.column(), Effect.AS_IT_IS, id);
                    }
                });
        for (String column : table.jsonColumns()) {
            if (row.get(column) instanceof String text && !isJson(text)) {
                findings.add("broken-json", column, Effect.AS_IT_IS, id);
            }
        }
    }

    private static boolean isJson(String text) {
        try {
            return !JsonMapper.shared().readTree(text).isMissingNode();
        } catch (JacksonException e) {
            return false;
        }
    }

    /** Values of a table's unique columns by their digests, so that a million of them fit into a small heap. */
    private static final class Keys {

        private final Map<String, Set<Long>> digests = new HashMap<>();

        /** False if it is there already. */
        private boolean add(String column, Object value) {
            return digests.computeIfAbsent(column, key -> new HashSet<>()).add(digest(value));
        }

        private boolean contains(String column, Object value) {
            return digests.getOrDefault(column, Set.of()).contains(digest(value));
        }

        private static long digest(Object value) {
            String text = value instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : value.toString();
            return UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8)).getMostSignificantBits();
        }
    }

    /** Rows by what they have. */
    private static final class Findings {

        private final Map<List<Object>, Long> counts = new LinkedHashMap<>();
        private final Map<List<Object>, List<Long>> examples = new LinkedHashMap<>();

        private void add(String kind, String column, Effect effect, long id) {
            List<Object> what = List.of(kind, column, effect);
            counts.merge(what, 1L, Long::sum);
            List<Long> some = examples.computeIfAbsent(what, key -> new ArrayList<>());
            if (some.size() < EXAMPLES) {
                some.add(id);
            }
        }

        private List<Hazard> hazards() {
            return counts.entrySet().stream()
                    .map(found -> new Hazard(
                            (String) found.getKey().get(0),
                            (String) found.getKey().get(1),
                            (Effect) found.getKey().get(2),
                            found.getValue(),
                            Optional.ofNullable(examples.get(found.getKey())).orElse(List.of())))
                    .toList();
        }
    }
}
