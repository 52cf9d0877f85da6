package io.knowledgebase.sqlite;

import io.knowledgebase.sqlite.ExportStore.Taken;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the first export of a folder row by row, and each later one by what has changed since the one that was told
 * before. An export is taken once that one is told; those that were replaced or removed by then are passed over, and their
 * changes are told with the next one.
 *
 * <p>An export is read from a copy of our own ({@link ExportStore}), which stays until the offsets of the next one are
 * stored. If it is missing all the same, nobody knows what has changed, and all tables are told anew. Change ids follow
 * the microseconds since 1970 at which an export was taken: so they are greater than all that were told before, also when
 * the way to these is lost.
 */
final class ExportCapture implements RowCapture {

    private static final Logger LOG = LoggerFactory.getLogger(ExportCapture.class);

    private final ExportFolder folder;
    private final ExportStore store;
    private final List<String> tables;
    private final int batchChanges;
    private final Clock clock;
    /** Files that were copied and found unfit since the start. */
    private final Map<Export, String> unfit = new HashMap<>();
    /** Numbers of exports that are told, by the change that ends them. */
    private final SortedMap<Long, Long> ends = new TreeMap<>();

    private @Nullable ExportPosition position;
    private @Nullable ExportComparison comparison;
    private boolean idle;

    private ExportCapture(
            ExportFolder folder,
            ExportStore store,
            List<String> tables,
            @Nullable ExportPosition position,
            int batchChanges,
            Clock clock) {
        this.folder = folder;
        this.store = store;
        this.tables = List.copyOf(tables);
        this.batchChanges = batchChanges;
        this.clock = clock;
        this.position = position;
    }

    /**
     * A capture of exports.
     *
     * @param position where to go on; null for the beginning
     * @param batchChanges rows that are told at once
     */
    static ExportCapture open(
            ExportFolder folder,
            Path stateFolder,
            List<String> tables,
            @Nullable ExportPosition position,
            int batchChanges,
            Clock clock)
            throws IOException {
        ExportStore store = ExportStore.open(stateFolder);
        long needed = 0;
        if (position != null) {
            long base = store.taken(position.number()).map(Taken::base).orElse(0L);
            needed = position.isEnd() || base == 0 ? position.number() : base;
        }
        store.forgetBefore(needed);
        return new ExportCapture(folder, store, tables, position, batchChanges, clock);
    }

    @Override
    public @Nullable ExportPosition position() {
        return position;
    }

    @Override
    public boolean isIdle() {
        return idle;
    }

    @Override
    public List<RowEvent> next() throws SQLException, IOException {
        if (comparison == null) {
            comparison = choose().orElse(null);
        }
        ExportComparison current = comparison;
        idle = current == null;
        if (current == null) {
            return List.of();
        }
        List<RowEvent> events = current.next(batchChanges);
        ExportPosition now = current.position();
        position = now;
        if (now.isEnd()) {
            ends.put(now.changeId(), now.number());
            comparison = null;
            current.close();
            LOG.info("event=sqlite-export-told file={} changeId={}", now.of().name(), now.changeId());
        }
        return events;
    }

    /** What was taken and is not told yet, or the next file. */
    private Optional<ExportComparison> choose() throws SQLException, IOException {
        ExportPosition from = position;
        List<Taken> left = store.taken().stream()
                .filter(entry -> from == null
                        || entry.number() > from.number()
                        || (entry.number() == from.number() && !from.isEnd()))
                .toList();
        if (left.isEmpty()) {
            return take();
        }
        if (canBeToldAgain(left, from)) {
            return Optional.of(open(left.get(0)));
        }
        Taken last = left.get(left.size() - 1);
        if (!store.hasCopy(last)) {
            LOG.warn("event=sqlite-export-lost file={}", last.export().name());
            store.startOver(Optional.empty());
            return take();
        }
        Taken renewed = new Taken(last.number() + 1, last.copy(), last.export(), 0, start(), tables, tables);
        store.startOver(Optional.of(renewed));
        LOG.warn("event=sqlite-export-told-anew file={}", last.export().name());
        return Optional.of(open(renewed));
    }

    /**
     * Whether what is left gives the same changes again. Rows that are told anew are taken by readers whatever they know;
     * told again after a later export was, they would be older than what is known, and the changes since would be left
     * out.
     */
    private boolean canBeToldAgain(List<Taken> left, @Nullable ExportPosition from) {
        for (int i = 0; i < left.size(); i++) {
            Taken entry = left.get(i);
            boolean isUnderWay = from != null && from.number() == entry.number();
            boolean follows = i > 0
                    || isUnderWay
                    || entry.base() == 0
                    || (from != null && from.isEnd() && from.number() == entry.base());
            boolean hasBase = entry.base() == 0
                    || store.taken(entry.base()).filter(store::hasCopy).isPresent();
            boolean isLast = i == left.size() - 1;
            if (!follows
                    || !hasBase
                    || !store.hasCopy(entry)
                    || !entry.tables().equals(tables)
                    || !(isLast || entry.anew().isEmpty())) {
                return false;
            }
        }
        return true;
    }

    private ExportComparison open(Taken entry) throws SQLException {
        ExportPosition known = position;
        ExportPosition from = known != null && known.number() == entry.number() ? known : ExportComparison.start(entry);
        Optional<Taken> base = store.taken(entry.base());
        ExportFile newer = ExportFile.open(store.copy(entry));
        ExportFile older = base.isPresent() ? ExportFile.open(store.copy(base.get())) : null;
        position = from;
        return new ExportComparison(entry, newer, older, from);
    }

    /** Greater than all ids that were told. */
    private long start() {
        long known = position == null ? 0 : position.changeId();
        for (Taken entry : store.taken()) {
            known = Math.max(known, entry.start());
        }
        return Math.max(known + 1, ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant()));
    }

    private Optional<ExportComparison> take() throws SQLException, IOException {
        ExportPosition from = position;
        Optional<Taken> base = from == null || !from.isEnd()
                ? Optional.empty()
                : store.taken(from.number()).filter(store::hasCopy);
        Optional<Export> last = store.last()
                .map(Taken::export)
                .or(() -> Optional.ofNullable(from).map(ExportPosition::of));
        ExportFolder.Look look = folder.look();
        List<Exports.Ignored> ignored = new ArrayList<>(store.ignored());
        ignored.removeIf(before ->
                look.settled().contains(before.file()) || !look.present().contains(before.file()));
        Optional<Taken> taken = Optional.empty();
        for (Export export : look.settled()) {
            // Without a copy of the last one, that one itself is taken again.
            boolean isNext = last.isEmpty() || export.compareTo(last.get()) > (base.isPresent() ? 0 : -1);
            Optional<String> fault = isNext ? fault(export) : late(export, last.get());
            if (fault.isEmpty() && isNext && taken.isEmpty()) {
                taken = receive(export, base);
                fault = Optional.ofNullable(unfit.get(export));
            }
            fault.ifPresent(reason -> ignored.add(new Exports.Ignored(export, reason)));
        }
        note(look.present(), ignored);
        return taken.isPresent() ? Optional.of(open(taken.get())) : Optional.empty();
    }

    private Optional<String> fault(Export export) {
        return Optional.ofNullable(unfit.get(export)).or(() -> folder.fault(export));
    }

    private Optional<String> late(Export export, Export last) {
        if (export.equals(last) || store.past().contains(export)) {
            return Optional.empty();
        }
        return store.ignored().stream()
                .filter(before -> before.file().equals(export))
                .map(Exports.Ignored::reason)
                .findFirst()
                .or(() -> Optional.of("is not younger than " + last.name() + ", which was taken before"));
    }

    /** Empty if the file is unfit, or did not stay as it was. */
    private Optional<Taken> receive(Export export, Optional<Taken> base) throws SQLException, IOException {
        Path copy;
        try {
            copy = store.receive(folder.path(export));
        } catch (NoSuchFileException e) {
            LOG.info("event=sqlite-export-removed file={}", export.name());
            return Optional.empty();
        }
        if (!folder.isUnchanged(export)) {
            return Optional.empty();
        }
        Optional<String> fault = ExportFile.fault(copy, tables);
        if (fault.isPresent()) {
            unfit.put(export, fault.get());
            return Optional.empty();
        }
        long before = Math.max(store.last().map(Taken::number).orElse(0L), position == null ? 0 : position.number());
        long number = before + 1;
        Taken taken = new Taken(
                number,
                ExportStore.copyName(number),
                export,
                base.map(Taken::number).orElse(0L),
                start(),
                tables,
                anew(copy, base));
        store.take(taken);
        LOG.info("event=sqlite-export-taken file={} number={} anew={}", export.name(), number, taken.anew());
        return Optional.of(taken);
    }

    /** Tables that the one before has not, or with another key, and those that nobody asked for before. */
    private List<String> anew(Path copy, Optional<Taken> base) throws SQLException {
        List<String> anew = new ArrayList<>();
        try (ExportFile newer = ExportFile.open(copy);
                ExportFile older = base.isPresent() ? ExportFile.open(store.copy(base.get())) : null) {
            for (String name : tables) {
                Optional<Table> table = newer.table(name);
                if (table.isEmpty()) {
                    LOG.warn("event=sqlite-table-missing table={}", name);
                    continue;
                }
                Optional<Table> before = older == null ? Optional.empty() : older.table(name);
                boolean isKnown = base.isPresent()
                        && base.get().tables().contains(name)
                        && before.isPresent()
                        && TableComparison.haveSameKey(before.get(), table.get());
                if (!isKnown) {
                    anew.add(name);
                }
            }
        }
        return anew;
    }

    private void note(List<Export> present, List<Exports.Ignored> ignored) throws IOException {
        ignored.sort(Comparator.comparing(entry -> entry.file().name()));
        for (Exports.Ignored entry : ignored) {
            if (!store.ignored().contains(entry)) {
                LOG.warn(
                        "event=sqlite-export-ignored file={} reason=\"{}\"",
                        entry.file().name(),
                        entry.reason());
            }
        }
        unfit.keySet().retainAll(present);
        store.note(store.past().stream().filter(present::contains).toList(), ignored);
    }

    @Override
    public void forget(long changeId) throws IOException {
        SortedMap<Long, Long> stored = ends.headMap(changeId + 1);
        if (!stored.isEmpty()) {
            store.forgetBefore(Collections.max(stored.values()));
            stored.clear();
        }
    }

    @Override
    public void close() throws SQLException {
        if (comparison != null) {
            comparison.close();
        }
    }
}
