package io.knowledgebase.ingest.cutover.inspect;

import io.knowledgebase.ingest.cutover.inspect.Report.Effect;
import io.knowledgebase.ingest.cutover.inspect.Report.Hazard;
import io.knowledgebase.ingest.cutover.inspect.Report.OtherType;
import io.knowledgebase.ingest.cutover.legacy.LegacyColumn;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore.DeclaredColumn;
import io.knowledgebase.ingest.cutover.legacy.LegacyRow;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import io.knowledgebase.ingest.cutover.legacy.MisfitException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads a file through. */
public final class Inspection {

    private static final int RANGE_ROWS = 5_000;
    private static final int EXAMPLES = 5;

    private Inspection() {}

    /** Reads all rows of the application's tables; nothing is changed. */
    public static Report of(Path sqlite) {
        try (LegacyFileStore file = LegacyFileStore.openToRead(sqlite)) {
            List<Report.Table> tables = new ArrayList<>();
            Map<String, Long> counts = file.counts();
            for (LegacyTable table : LegacyTable.values()) {
                tables.add(table(file, table, counts.remove(table.table())));
            }
            return new Report(
                    sqlite.toString(),
                    file.journalMode(),
                    file.isCaptured(),
                    tables,
                    counts.entrySet().stream()
                            .map(other -> new Report.OtherTable(other.getKey(), other.getValue()))
                            .toList());
        }
    }

    private static Report.Table table(LegacyFileStore file, LegacyTable table, @Nullable Long rows) {
        if (rows == null) {
            return new Report.Table(
                    table.table(), false, 0, List.of(), List.of(), List.of(), true, List.of(), List.of());
        }
        List<DeclaredColumn> declared = file.columns(table);
        List<String> names = declared.stream()
                .map(column -> column.name().toLowerCase(Locale.ROOT))
                .toList();
        List<String> expected = table.columns().stream().map(LegacyColumn::name).toList();
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
                hazards(file, table, names));
    }

    private static List<OtherType> otherTypes(LegacyTable table, List<DeclaredColumn> declared) {
        List<OtherType> others = new ArrayList<>();
        for (DeclaredColumn column : declared) {
            table.columns().stream()
                    .filter(known -> known.name().equalsIgnoreCase(column.name()))
                    .filter(known -> !known.kind().isDeclaredAs(column.type()))
                    .map(known -> new OtherType(
                            known.name(), column.type(), known.kind().declared()))
                    .forEach(others::add);
        }
        return others;
    }

    private static List<Hazard> hazards(LegacyFileStore file, LegacyTable table, List<String> columns) {
        Findings findings = new Findings();
        long after = Long.MIN_VALUE;
        boolean more = true;
        while (more) {
            Map<Long, Map<String, @Nullable Object>> rows =
                    file.rows(table, after, RANGE_ROWS).rows();
            rows.forEach((id, row) -> {
                try {
                    LegacyRow.of(table, row::get)
                            .originals()
                            .keySet()
                            .forEach(column -> findings.add("nul", column, Effect.CONVERTED, id));
                } catch (MisfitException e) {
                    findings.add(e.reason().code(), e.column(), Effect.QUARANTINED, id);
                }
            });
            more = rows.size() == RANGE_ROWS;
            after = more ? Collections.max(rows.keySet()) : after;
        }
        for (String unique : table.uniques()) {
            if (columns.contains(unique)) {
                file.duplicates(table, unique).forEach(id -> findings.add("duplicate", unique, Effect.QUARANTINED, id));
            }
        }
        table.reference()
                .filter(reference -> columns.contains(reference.column()))
                .ifPresent(reference -> {
                    file.orphans(table, reference)
                            .forEach(id -> findings.add("orphan", reference.column(), Effect.AS_IT_IS, id));
                    file.unowned(table, reference)
                            .forEach(id -> findings.add("null-reference", reference.column(), Effect.AS_IT_IS, id));
                });
        for (String json : table.jsonColumns()) {
            if (columns.contains(json)) {
                file.brokenJson(table, json).forEach(id -> findings.add("broken-json", json, Effect.AS_IT_IS, id));
            }
        }
        return findings.hazards();
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
