package io.knowledgebase.ingest.cutover.sink;

import io.knowledgebase.ingest.cutover.legacy.LegacyChange;
import io.knowledgebase.ingest.cutover.legacy.LegacyChange.Operation;
import io.knowledgebase.ingest.cutover.legacy.LegacyRow;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import io.knowledgebase.ingest.cutover.legacy.MisfitException;
import io.knowledgebase.ingest.cutover.legacy.Secrets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Applies changes of the legacy tables, in the order in which they happened, each once. For one thread a table. */
public final class Sink {

    private static final Logger LOG = LoggerFactory.getLogger(Sink.class);
    private static final int RETRIED_DUPLICATES = 1_000;

    private final SinkStore store;
    private final Secrets secrets;

    Sink(SinkStore store, Secrets secrets) {
        this.store = store;
        this.secrets = secrets;
    }

    /** A change with its place in the topic. */
    record Told(long offset, LegacyChange change) {}

    /** Applies records of a table in one transaction with the note that they were; a repeat does nothing. */
    void apply(LegacyTable table, List<Told> records) {
        store.atomically(() -> {
            Optional<SinkStore.Progress> progress = store.lock(table);
            if (progress.isPresent()) {
                apply(table, records, progress.get());
            }
        });
    }

    /** Removes what an earlier move has brought into a table. */
    public void clear(LegacyTable table) {
        store.clear(table);
    }

    /** Where the topics of the tables that are taken over are to be taken from, by their names. */
    Map<String, Long> positions() {
        return store.positions();
    }

    private void apply(LegacyTable table, List<Told> records, SinkStore.Progress progress) {
        long nextOffset = progress.nextOffset();
        long applied = progress.changeId();
        int read = 0;
        int changed = 0;
        List<LegacyChange> changes = new ArrayList<>();
        for (Told record : records) {
            if (record.offset() < nextOffset) {
                continue;
            }
            nextOffset = record.offset() + 1;
            LegacyChange change = record.change();
            // Rows that are read share the id of the change before them, and are never older than what was told.
            if (change.operation() != Operation.READ && change.changeId() <= applied) {
                continue;
            }
            applied = Math.max(applied, change.changeId());
            if (change.operation() == Operation.TRUNCATE) {
                changes.clear();
                store.clear(table);
                LOG.info("event=legacy-table-begins table={} changeId={}", table.table(), change.changeId());
            } else {
                changes.add(change);
                read += change.operation() == Operation.READ ? 1 : 0;
                changed += change.operation() == Operation.READ ? 0 : 1;
            }
        }
        take(table, changes);
        store.advance(table, new SinkStore.Progress(nextOffset, applied), read, changed);
    }

    /** All at once, which is fast, or else one after the other, which tells the one that does not fit. */
    private void take(LegacyTable table, List<LegacyChange> changes) {
        if (changes.isEmpty()) {
            return;
        }
        if (store.attempt(() -> takeTogether(table, changes)).isPresent()) {
            changes.forEach(change -> takeAlone(table, change));
        }
        boolean freed = changes.stream().anyMatch(change -> change.operation() != Operation.READ);
        if (freed) {
            retryDuplicates(table);
        }
    }

    private void takeTogether(LegacyTable table, List<LegacyChange> changes) {
        Map<Long, LegacyChange> last = new LinkedHashMap<>();
        Set<Long> gone = new HashSet<>();
        for (LegacyChange change : changes) {
            last.remove(change.rowId());
            last.put(change.rowId(), change);
            if (!change.hasRow()) {
                gone.add(change.rowId());
            }
        }
        List<LegacyRow> rows = new ArrayList<>();
        List<Runnable> quarantined = new ArrayList<>();
        for (LegacyChange change : last.values()) {
            if (change.hasRow()) {
                try {
                    rows.add(change.row(table, secrets));
                } catch (MisfitException e) {
                    gone.add(change.rowId());
                    quarantined.add(() -> store.quarantine(
                            table, change.rowId(), e.reason(), String.valueOf(e.getMessage()), change.event()));
                }
            }
        }
        store.remove(table, gone);
        store.forget(table, last.keySet());
        store.upsert(table, rows);
        rows.forEach(row -> store.keepOriginals(table, row));
        quarantined.forEach(Runnable::run);
    }

    private void takeAlone(LegacyTable table, LegacyChange change) {
        store.attempt(() -> takeTogether(table, List.of(change))).ifPresent(refusal -> {
            store.remove(table, List.of(change.rowId()));
            store.forget(table, List.of(change.rowId()));
            store.quarantine(table, change.rowId(), refusal.reason(), refusal.detail(), change.event());
        });
    }

    private void retryDuplicates(LegacyTable table) {
        for (long id : store.duplicates(table, RETRIED_DUPLICATES)) {
            LegacyChange change = LegacyChange.of(store.quarantined(table, id));
            store.attempt(() -> takeTogether(table, List.of(change)))
                    .ifPresent(refusal -> LOG.debug(
                            "event=legacy-row-still-refused table={} rowId={}", table.table(), change.rowId()));
        }
    }
}
