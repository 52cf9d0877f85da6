package io.knowledgebase.sqlite;

import io.knowledgebase.sqlite.ExportPosition.Pass;
import io.knowledgebase.sqlite.ExportStore.Taken;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tells an export by what has changed since the one before. The same files give the same changes with the same ids,
 * wherever it goes on.
 */
final class ExportComparison implements AutoCloseable {

    /** Rows that are looked at before others get their turn, such as a heartbeat. */
    private static final int ROWS_AT_ONCE = 20_000;

    private final ExportFile newer;
    private final @Nullable ExportFile older;
    private final String modified;
    private final List<Task> tasks = new ArrayList<>();
    /** All before it was looked at. */
    private ExportPosition here;

    private ExportPosition told;
    /** An event is told when it is known whether another one follows: after the last one the export is told. */
    private @Nullable RowEvent held;

    private @Nullable TableComparison rows;

    /**
     * A comparison with the export before.
     *
     * @param older null if there is none to compare with
     * @param from where to go on; of this export
     */
    ExportComparison(Taken export, ExportFile newer, @Nullable ExportFile older, ExportPosition from)
            throws SQLException {
        this.newer = newer;
        this.older = older;
        this.modified = export.export().modified().toString();
        this.here = from;
        this.told = from;
        plan(export);
    }

    /** Something that is told of a table. */
    private record Task(Pass pass, Table table, @Nullable Table before) {

        boolean isAt(ExportPosition position) {
            return pass == position.pass() && table.name().equals(position.table());
        }
    }

    static ExportPosition start(Taken export) {
        return new ExportPosition(
                export.start(),
                export.number(),
                export.export(),
                !export.anew().isEmpty(),
                Pass.BEGIN,
                null,
                Optional.empty());
    }

    private void plan(Taken export) throws SQLException {
        List<Task> all = new ArrayList<>();
        for (Pass pass : Pass.values()) {
            for (String name : export.tables()) {
                boolean isAnew = export.anew().contains(name);
                Optional<Table> table = newer.table(name);
                if (table.isPresent() && pass != Pass.END && pass != (isAnew ? Pass.DELETE : Pass.BEGIN)) {
                    Table before =
                            older == null || isAnew ? null : older.table(name).orElse(null);
                    all.add(new Task(pass, table.get(), before));
                }
            }
        }
        boolean isReached = here.table() == null && !here.isEnd();
        for (Task task : all) {
            isReached |= task.isAt(here);
            if (isReached) {
                tasks.add(task);
            }
        }
        if (tasks.isEmpty()) {
            end();
        } else if (!tasks.get(0).isAt(here)) {
            begin(tasks.get(0));
        }
    }

    private void begin(Task task) {
        here = here.at(task.pass(), task.table().name(), Optional.empty());
    }

    /** The end has an id of its own, so that it can be told from the last change. */
    private void end() {
        here = here.at(Pass.END, null, Optional.empty()).at(here.changeId() + 1);
    }

    ExportPosition position() {
        return told;
    }

    /** What is to be told next, at most so many, fewer if they are large; maybe nothing, although it is not at its end. */
    List<RowEvent> next(int most) throws SQLException {
        List<RowEvent> events = new ArrayList<>();
        long size = 0;
        for (int looked = 0;
                looked < ROWS_AT_ONCE && events.size() < most && size < Rows.MOST_CHARACTERS && !here.isEnd();
                looked++) {
            ExportPosition before = here;
            RowEvent event = look();
            if (event != null) {
                release(before, events);
                held = event;
                size += event.size();
            }
        }
        if (here.isEnd()) {
            release(here, events);
        }
        if (held == null) {
            told = here;
        }
        return events;
    }

    private void release(ExportPosition position, List<RowEvent> events) {
        if (held != null) {
            events.add(held.at(position));
            held = null;
        }
        told = position;
    }

    /** Looks at one row, or ends a task. */
    private @Nullable RowEvent look() throws SQLException {
        Task task = tasks.get(0);
        if (task.pass() == Pass.BEGIN) {
            here = here.at(here.changeId() + 1);
            RowEvent event = event(task, RowEvent.Operation.TRUNCATE, null, null);
            endTask();
            return event;
        }
        if (rows == null) {
            rows = task.before() == null
                    ? TableComparison.withNothing(newer, task.table(), here.key())
                    : TableComparison.of(Objects.requireNonNull(older), task.before(), newer, task.table(), here.key());
        }
        Optional<TableComparison.Pair> pair = rows.next();
        if (pair.isEmpty()) {
            endTask();
            return null;
        }
        here = here.at(task.pass(), task.table().name(), Optional.of(pair.get().key()));
        List<@Nullable Object> before = pair.get().before();
        List<@Nullable Object> after = pair.get().after();
        if (task.before() == null) {
            return event(task, RowEvent.Operation.READ, null, after);
        }
        if ((after == null) != (task.pass() == Pass.DELETE) || !pair.get().isDifferent()) {
            return null;
        }
        here = here.at(here.changeId() + 1);
        RowEvent.Operation operation = after == null
                ? RowEvent.Operation.DELETE
                : before == null ? RowEvent.Operation.CREATE : RowEvent.Operation.UPDATE;
        return event(task, operation, before, after);
    }

    private RowEvent event(
            Task task,
            RowEvent.Operation operation,
            @Nullable List<@Nullable Object> before,
            @Nullable List<@Nullable Object> after) {
        return new RowEvent(task.table(), operation, before, after, here.changeId(), modified, here);
    }

    private void endTask() throws SQLException {
        if (rows != null) {
            rows.close();
            rows = null;
        }
        tasks.remove(0);
        if (tasks.isEmpty()) {
            end();
        } else {
            begin(tasks.get(0));
        }
    }

    @Override
    public void close() throws SQLException {
        if (rows != null) {
            rows.close();
        }
        newer.close();
        if (older != null) {
            older.close();
        }
    }
}
