package io.knowledgebase.ingest.cutover.wayback;

import io.knowledgebase.ingest.cutover.legacy.LegacyColumn;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore.DeclaredColumn;
import io.knowledgebase.ingest.cutover.legacy.LegacyRow;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import io.knowledgebase.ingest.cutover.legacy.MovedRowStore;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes rows of the file equal to what PostgreSQL has. For one thread. */
final class FileWriter {

    private final LegacyFileStore file;
    private final MovedRowStore here;
    private final WayBackStore store;
    private final Map<LegacyTable, Set<String>> columns;

    /**
     * A writer of a file.
     *
     * @param moved tables; rows that another one has in the file are the file's own
     */
    FileWriter(LegacyFileStore file, List<LegacyTable> moved, MovedRowStore here, WayBackStore store) {
        this.file = file;
        this.here = here;
        this.store = store;
        this.columns = file.tables().stream()
                .filter(moved::contains)
                .collect(Collectors.toMap(
                        table -> table,
                        table -> file.columns(table).stream()
                                .map(DeclaredColumn::name)
                                .map(name -> name.toLowerCase(Locale.ROOT))
                                .collect(Collectors.toSet())));
    }

    /**
     * Takes rows, which may be gone by now, in one transaction.
     *
     * @return these and others that stood in their way
     */
    Map<LegacyTable, Set<Long>> take(Map<LegacyTable, Set<Long>> touched) {
        Map<LegacyTable, Set<Long>> written = new HashMap<>();
        file.writeWithoutTriggers(() -> touched.forEach((table, ids) -> {
            if (columns.containsKey(table)) {
                written.put(table, new TableWriter(table).take(ids));
            } else {
                store.putDown(
                        table,
                        ids,
                        ids.stream()
                                .collect(Collectors.toMap(
                                        id -> id,
                                        id -> "the file had no table " + table.table() + " when the move began")));
            }
        }));
        return written;
    }

    private final class TableWriter {

        private final LegacyTable table;
        private final Set<String> known;
        private final Set<Long> taken = new HashSet<>();
        /** Rows that the file has taken: the others may yet give up what stands in somebody's way. */
        private final Set<Long> placed = new HashSet<>();
        /** Rows that stood in the way of others, as the file had them. */
        private final Map<Long, Map<String, @Nullable Object>> displaced = new HashMap<>();

        private TableWriter(LegacyTable table) {
            this.table = table;
            this.known = columns.getOrDefault(table, Set.of());
        }

        private Set<Long> take(Set<Long> touched) {
            Set<Long> ids = Set.copyOf(touched);
            while (!ids.isEmpty()) {
                // What is in quarantine is the file's own, until PostgreSQL has a row of that id.
                Set<Long> quarantined = here.quarantined(table, Collections.min(ids) - 1, Collections.max(ids));
                List<Set<Long>> portions = here.portions(table, ids);
                Set<Long> present = portions.stream().flatMap(Set::stream).collect(Collectors.toSet());
                ids.stream()
                        .filter(id -> !present.contains(id) && !quarantined.contains(id))
                        .forEach(id -> file.remove(table, id)); // first, because others may have their values by now
                Set<Long> mended = present.stream()
                        .filter(id -> id >= 0 && quarantined.contains(id))
                        .collect(Collectors.toSet());
                if (!mended.isEmpty()) {
                    here.release(table, mended);
                }
                taken.addAll(ids);
                Map<Long, String> refused = put(portions);
                Map<Long, String> again = put(here.portions(table, refused.keySet()));
                while (again.size() < refused.size()) { // others have given up what they were refused for
                    refused = again;
                    again = put(here.portions(table, refused.keySet()));
                }
                store.putDown(table, ids, refused);
                displaced.keySet().removeAll(ids);
                ids = Set.copyOf(displaced.keySet());
            }
            return taken;
        }

        /** Makes some rows equal, in the order of their ids; why the file does not take some of them. */
        private Map<Long, String> put(List<Set<Long>> portions) {
            Map<Long, String> refused = new TreeMap<>();
            for (Set<Long> ids : portions) {
                here.rows(table, ids).forEach((id, row) -> put(id, row).ifPresent(why -> refused.put(id, why)));
            }
            return refused;
        }

        /**
         * Makes a row equal.
         *
         * @return why the file does not take all of it
         */
        private Optional<String> put(long id, List<@Nullable String> row) {
            Map<String, @Nullable Object> before = displaced.getOrDefault(id, Map.of());
            Map<String, @Nullable Object> there = file.row(table, id).orElse(null);
            Map<String, @Nullable Object> changes = LegacyRow.changes(table, known, there, row);
            Optional<String> refusal = write(id, there, before, changes);
            Map<String, @Nullable Object> all = LegacyRow.changes(table, known, null, row);
            Map<Long, Set<Set<String>>> conflicting = refusal.isPresent() ? file.conflicting(table, id, all) : Map.of();
            for (long other : conflicting.keySet()) {
                List<@Nullable String> otherHere =
                        here.rows(table, Set.of(other)).get(other);
                if (otherHere == null) { // so nothing would bring it back
                    return Optional.of(refusal.get() + ": row " + other + " has it, which PostgreSQL does not have");
                }
                if (placed.contains(other) || !givesUp(other, otherHere, conflicting.getOrDefault(other, Set.of()))) {
                    return Optional.of(refusal.get() + ": row " + other + " has it, too");
                }
                displaced.put(other, file.row(table, other).orElseThrow());
                file.remove(table, other);
            }
            if (refusal.isPresent()) {
                refusal = write(id, there, before, changes);
            }
            if (refusal.isEmpty()) {
                placed.add(id);
            }
            return refusal.or(() -> missingColumns(row)).or(() -> changes.isEmpty() ? Optional.empty() : lost(id, row));
        }

        /** Whether a row of the file is going to have other values in columns that have them together only once. */
        private boolean givesUp(long id, List<@Nullable String> row, Set<Set<String>> uniques) {
            Set<String> changed = LegacyRow.changes(
                            table, known, file.row(table, id).orElseThrow(), row)
                    .keySet();
            return uniques.stream().noneMatch(columns -> Collections.disjoint(changed, columns));
        }

        /** Values that the file takes and does not keep, by what its columns are declared as. */
        private Optional<String> lost(long id, List<@Nullable String> row) {
            Set<String> lost = LegacyRow.changes(
                            table, known, file.row(table, id).orElse(null), row)
                    .keySet();
            return lost.isEmpty()
                    ? Optional.empty()
                    : Optional.of("the file does not keep what is in " + String.join(", ", lost));
        }

        private Optional<String> write(
                long id,
                @Nullable Map<String, @Nullable Object> there,
                Map<String, @Nullable Object> before,
                Map<String, @Nullable Object> changes) {
            if (there != null) {
                return changes.isEmpty() ? Optional.empty() : file.update(table, id, changes);
            }
            Map<String, @Nullable Object> values = new TreeMap<>(before);
            values.putAll(changes);
            values.keySet().retainAll(known);
            return file.insert(table, values);
        }

        private Optional<String> missingColumns(List<@Nullable String> row) {
            List<String> missing = new ArrayList<>();
            for (int i = 0; i < row.size(); i++) {
                LegacyColumn column = table.columns().get(i);
                if (row.get(i) != null && !known.contains(column.name())) {
                    missing.add(column.name());
                }
            }
            return missing.isEmpty()
                    ? Optional.empty()
                    : Optional.of("the file has no column " + String.join(", ", missing));
        }
    }
}
