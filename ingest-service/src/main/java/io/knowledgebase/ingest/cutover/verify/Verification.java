package io.knowledgebase.ingest.cutover.verify;

import io.knowledgebase.ingest.cutover.legacy.LegacyColumn;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore.Range;
import io.knowledgebase.ingest.cutover.legacy.LegacyRow;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import io.knowledgebase.ingest.cutover.legacy.MisfitException;
import io.knowledgebase.ingest.cutover.legacy.MovedRowStore;
import io.knowledgebase.ingest.cutover.legacy.RowDigest;
import io.knowledgebase.ingest.cutover.qdrant.TextsVerified;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Compares the tables of both sides. */
public final class Verification {

    private static final int RANGE_ROWS = 5_000;
    private static final int AGAIN_AT_ONCE = 500;
    private static final int EXAMPLES = 20;

    private final MovedRowStore store;

    Verification(MovedRowStore store) {
        this.store = store;
    }

    /** Waits for what was changed. */
    @FunctionalInterface
    public interface Arrivals {
        /**
         * Waits until PostgreSQL has every change up to one.
         *
         * @throws InterruptedException if the verification is to end
         */
        void await(long changeId) throws InterruptedException;
    }

    /**
     * What was found.
     *
     * @param texts of Qdrant's points; null if none are imported
     */
    public record Result(
            boolean equal,
            Instant begunAt,
            Instant finishedAt,
            List<TableResult> tables,
            @Nullable TextsVerified texts) {

        /** Of Qdrant's texts alone. */
        public static Result of(Instant begun, TextsVerified texts) {
            return new Result(texts.isComplete(), begun, Instant.now(), List.of(), texts);
        }

        /** With what was found of Qdrant's texts. */
        public Result with(TextsVerified found) {
            return new Result(equal && found.isComplete(), begunAt, finishedAt, tables, found);
        }
    }

    /**
     * What was found in a table.
     *
     * @param rows of SQLite
     * @param compared of them: all, or those that have changed since both sides were found equal
     * @param quarantined of them that PostgreSQL cannot take and that lie in quarantine; all others have to be here
     * @param missing rows of SQLite that are neither here nor in quarantine
     * @param different rows that have other values here
     * @param extra rows here, or in quarantine, that SQLite does not have
     * @param examples ids of rows of the last three, some of them
     */
    public record TableResult(
            String table,
            long rows,
            long compared,
            long quarantined,
            long missing,
            long different,
            long extra,
            List<Long> examples) {

        boolean isEqual() {
            return missing == 0 && different == 0 && extra == 0;
        }
    }

    /** Compares all rows of some tables; the file may be written to meanwhile. */
    public Result run(LegacyFileStore file, List<LegacyTable> tables, Arrivals arrivals) throws InterruptedException {
        return run(tables, new Comparison(file, arrivals, true));
    }

    /**
     * Compares the rows that have changed since both sides were equal, and how many rows there are; where that is not the
     * same, all of them. Nobody writes meanwhile.
     *
     * @param touched ids of rows by table; all rows of a table without are compared
     */
    public Result runChanges(
            LegacyFileStore file,
            List<LegacyTable> tables,
            Map<LegacyTable, Optional<Set<Long>>> touched,
            Arrivals arrivals)
            throws InterruptedException {
        Instant begun = Instant.now();
        Comparison comparison = new Comparison(file, arrivals, true);
        List<TableResult> results = new ArrayList<>();
        for (LegacyTable table : tables) {
            Optional<Set<Long>> ids = touched.getOrDefault(table, Optional.empty());
            results.add(ids.isPresent() ? comparison.compareSome(table, ids.get()) : comparison.compare(table));
        }
        return result(begun, results);
    }

    /** Ids of rows that differ at first sight, for the way back: columns that the file does not have are left out. */
    public Map<LegacyTable, Set<Long>> suspects(LegacyFileStore file, List<LegacyTable> tables)
            throws InterruptedException {
        Map<LegacyTable, Set<Long>> suspects = new HashMap<>();
        Comparison comparison = back(file);
        for (LegacyTable table : tables) {
            suspects.put(table, comparison.look(table).suspects());
        }
        return suspects;
    }

    /**
     * Compares rows while nobody writes, for the way back, and how many there are; where that is not the same, all of them.
     *
     * @param touched ids of rows that may differ
     */
    public Result runBack(LegacyFileStore file, List<LegacyTable> tables, Map<LegacyTable, Set<Long>> touched)
            throws InterruptedException {
        Instant begun = Instant.now();
        Comparison comparison = back(file);
        List<TableResult> results = new ArrayList<>();
        for (LegacyTable table : tables) {
            results.add(comparison.compareSome(table, touched.getOrDefault(table, Set.of())));
        }
        return result(begun, results);
    }

    private Comparison back(LegacyFileStore file) {
        return new Comparison(file, changeId -> {}, false);
    }

    private static Result run(List<LegacyTable> tables, Comparison comparison) throws InterruptedException {
        Instant begun = Instant.now();
        List<TableResult> results = new ArrayList<>();
        for (LegacyTable table : tables) {
            results.add(comparison.compare(table));
        }
        return result(begun, results);
    }

    private static Result result(Instant begun, List<TableResult> results) {
        return new Result(
                results.stream().allMatch(TableResult::isEqual), begun, Instant.now(), List.copyOf(results), null);
    }

    /**
     * Rows, compared at first sight.
     *
     * @param suspects ids of those that differ, perhaps because they were being changed
     */
    private record FirstSight(long rows, long quarantined, Set<Long> suspects) {}

    private static void endIfWanted() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    private enum Difference {
        MISSING,
        DIFFERENT,
        EXTRA
    }

    private final class Comparison {

        private final LegacyFileStore file;
        private final Arrivals arrivals;
        private final boolean allColumns;

        private Comparison(LegacyFileStore file, Arrivals arrivals, boolean allColumns) {
            this.file = file;
            this.arrivals = arrivals;
            this.allColumns = allColumns;
        }

        private TableResult compare(LegacyTable table) throws InterruptedException {
            FirstSight seen = look(table);
            Map<Difference, Long> differences = new EnumMap<>(Difference.class);
            SortedMap<Long, Difference> found =
                    again(table, seen.suspects()); // at the end: each look waits for changes to arrive
            found.values().forEach(difference -> differences.merge(difference, 1L, Long::sum));
            return new TableResult(
                    table.table(),
                    seen.rows(),
                    seen.rows(),
                    seen.quarantined(),
                    differences.getOrDefault(Difference.MISSING, 0L),
                    differences.getOrDefault(Difference.DIFFERENT, 0L),
                    differences.getOrDefault(Difference.EXTRA, 0L),
                    found.keySet().stream().limit(EXAMPLES).toList());
        }

        private FirstSight look(LegacyTable table) throws InterruptedException {
            long rows = 0;
            long quarantined = 0;
            Set<Long> suspects = new HashSet<>();
            Ranges ranges = new Ranges(table);
            while (ranges.hasNext()) {
                FirstSight range = ranges.next();
                rows += range.rows();
                quarantined += range.quarantined();
                suspects.addAll(range.suspects());
            }
            return new FirstSight(rows, quarantined, suspects);
        }

        /** Rows of a table, range by range, compared at first sight. */
        private final class Ranges {

            private final LegacyTable table;
            private final LegacyTable compared;
            private final RowDigest digest = new RowDigest();
            private long after = Long.MIN_VALUE;
            private boolean more = true;

            private Ranges(LegacyTable table) {
                this.table = table;
                this.compared = allColumns ? table : table.only(columns(table));
            }

            private Set<String> columns(LegacyTable of) {
                return file.columns(of).stream()
                        .map(column -> column.name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.toSet());
            }

            private boolean hasNext() {
                return more;
            }

            private FirstSight next() throws InterruptedException {
                endIfWanted();
                Range range = file.rows(table, after, RANGE_ROWS);
                more = range.isCut();
                long upTo = more ? Collections.max(range.rows().keySet()) : Long.MAX_VALUE;
                Set<Long> refused = store.quarantined(table, after, upTo);
                Set<Long> suspects = isSame(range, upTo, refused)
                        ? Set.of()
                        : differences(table, range.rows(), store.rows(table, after, upTo), refused)
                                .keySet();
                after = upTo;
                return new FirstSight(range.rows().size(), refused.size(), suspects);
            }

            /** Whether the range has the same digest on both sides; if not, its rows tell which of them differ. */
            private boolean isSame(Range range, long upTo, Set<Long> refused) {
                if (!RowDigest.isPossible(compared)) {
                    return false;
                }
                try {
                    for (var row : range.rows().entrySet()) {
                        if (!refused.contains(row.getKey())) {
                            digest.add(
                                    LegacyRow.of(compared, row.getValue()::get).values());
                        }
                    }
                    return digest.end().equals(store.digest(compared, after, upTo))
                            && range.rows().keySet().containsAll(refused);
                } catch (MisfitException e) {
                    digest.end();
                    return false;
                }
            }
        }

        private TableResult compareSome(LegacyTable table, Set<Long> ids) throws InterruptedException {
            Map<Long, Difference> found = again(table, ids);
            long rows = file.count(table);
            long quarantined = store.countQuarantined(table);
            if (!found.isEmpty() || rows - quarantined != store.count(table)) {
                return compare(table);
            }
            return new TableResult(table.table(), rows, ids.size(), quarantined, 0, 0, 0, List.of());
        }

        /**
         * Looks at rows again that differed, because they were being changed: as they are in the file, and here when that has
         * arrived. One that the file still has so when it has arrived is different indeed.
         */
        private SortedMap<Long, Difference> again(LegacyTable table, Collection<Long> suspects)
                throws InterruptedException {
            SortedMap<Long, Difference> found = new TreeMap<>();
            SortedSet<Long> left = new TreeSet<>(suspects);
            while (!left.isEmpty()) {
                endIfWanted();
                Set<Long> asked = left.stream().limit(AGAIN_AT_ONCE).collect(Collectors.toCollection(TreeSet::new));
                Range before = file.rows(table, asked);
                long upTo = before.isCut() ? Collections.max(before.rows().keySet()) : Long.MAX_VALUE;
                Set<Long> some = asked.stream().filter(id -> id <= upTo).collect(Collectors.toSet());
                arrivals.await(before.changeId());
                Set<Long> refused = store.quarantined(table, Collections.min(some) - 1, Collections.max(some));
                refused.retainAll(some);
                Map<Long, Difference> now = differences(table, before.rows(), store.rows(table, some), refused);
                Range after = file.rows(table, some);
                left.removeAll(some);
                now.forEach((id, difference) -> {
                    if (same(before.rows().get(id), after.rows().get(id))) {
                        found.put(id, difference);
                    } else {
                        left.add(id);
                    }
                });
            }
            return found;
        }

        /** Rows that are not the same on both sides. */
        private Map<Long, Difference> differences(
                LegacyTable table,
                Map<Long, Map<String, @Nullable Object>> there,
                Map<Long, List<@Nullable String>> here,
                Set<Long> refused) {
            Map<Long, Difference> found = new TreeMap<>();
            there.forEach((id, row) -> {
                List<@Nullable String> values = here.get(id);
                if (refused.contains(id)) {
                    if (values != null) {
                        found.put(id, Difference.EXTRA);
                    }
                } else if (values == null) {
                    found.put(id, Difference.MISSING);
                } else if (!isEqual(table, row, values)) {
                    found.put(id, Difference.DIFFERENT);
                }
            });
            Set<Long> unknown = new HashSet<>(here.keySet());
            unknown.addAll(refused);
            unknown.removeAll(there.keySet());
            unknown.forEach(id -> found.put(id, Difference.EXTRA));
            return found;
        }

        private boolean isEqual(LegacyTable table, Map<String, @Nullable Object> row, List<@Nullable String> values) {
            for (int i = 0; i < values.size(); i++) {
                LegacyColumn column = table.columns().get(i);
                boolean compared = allColumns || row.containsKey(column.name());
                if (compared && !LegacyRow.isEqual(column, row, values.get(i))) {
                    return false;
                }
            }
            return true;
        }
    }

    private static boolean same(
            @Nullable Map<String, @Nullable Object> one, @Nullable Map<String, @Nullable Object> other) {
        if (one == null || other == null) {
            return one == other;
        }
        return one.keySet().equals(other.keySet())
                && one.entrySet().stream()
                        .allMatch(column -> Objects.deepEquals(column.getValue(), other.get(column.getKey())));
    }
}
