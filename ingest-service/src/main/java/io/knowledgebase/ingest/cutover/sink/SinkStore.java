package io.knowledgebase.ingest.cutover.sink;

import io.knowledgebase.ingest.cutover.legacy.LegacyColumn;
import io.knowledgebase.ingest.cutover.legacy.LegacyRow;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import io.knowledgebase.ingest.cutover.legacy.MisfitException.Reason;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.ServerErrorMessage;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.NonTransientDataAccessResourceException;
import org.springframework.dao.RecoverableDataAccessException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** SQL of the sink. */
final class SinkStore {

    private static final String OWNS_NOTHING = """
             and not exists (select from documents d where d.user_id = t.user_id)
             and not exists (select from notion_connections c where c.user_id = t.user_id)
            """;

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;
    private final TransactionTemplate nested;

    SinkStore(JdbcClient jdbc, TransactionTemplate transaction) {
        this.jdbc = jdbc;
        this.transaction = transaction;
        this.nested = new TransactionTemplate(Objects.requireNonNull(transaction.getTransactionManager()));
        nested.setPropagationBehavior(TransactionDefinition.PROPAGATION_NESTED);
    }

    /**
     * How far a table's topic was taken.
     *
     * @param nextOffset in its only partition
     * @param changeId the last one
     */
    record Progress(long nextOffset, long changeId) {}

    /** Why PostgreSQL did not take a row. */
    record Refusal(Reason reason, String detail) {}

    void atomically(Runnable statements) {
        transaction.executeWithoutResult(status -> statements.run());
    }

    /** Runs statements that leave no trace if PostgreSQL refuses what they bring; then it tells why. */
    Optional<Refusal> attempt(Runnable statements) {
        try {
            nested.executeWithoutResult(status -> statements.run());
            return Optional.empty();
        } catch (TransientDataAccessException
                | NonTransientDataAccessResourceException
                | RecoverableDataAccessException e) {
            throw e; // PostgreSQL is away
        } catch (DataAccessException e) {
            return Optional.of(refusal(e));
        }
    }

    /** Without the message, which may hold values. */
    private static Refusal refusal(DataAccessException e) {
        Throwable cause = e.getMostSpecificCause();
        String state = cause instanceof SQLException sql ? String.valueOf(sql.getSQLState()) : "none";
        ServerErrorMessage message = cause instanceof PSQLException psql ? psql.getServerErrorMessage() : null;
        String constraint = message == null ? null : message.getConstraint();
        return new Refusal(
                PSQLState.UNIQUE_VIOLATION.getState().equals(state) ? Reason.DUPLICATE : Reason.REFUSED,
                constraint == null ? "SQLSTATE " + state : constraint);
    }

    /** The next offset of each table, by its name. */
    Map<String, Long> positions() {
        return jdbc
                .sql("select table_name, next_offset from cutover_tables")
                .query((row, number) -> Map.entry(row.getString("table_name"), row.getLong("next_offset")))
                .list()
                .stream()
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** Locks the progress of a table; empty if nobody is to write it, because it has no part in a move, or that is over. */
    Optional<Progress> lock(LegacyTable table) {
        Optional<Progress> progress = jdbc.sql(
                        "select next_offset, change_id from cutover_tables where table_name = :table for update")
                .param("table", table.table())
                .query((row, number) -> new Progress(row.getLong("next_offset"), row.getLong("change_id")))
                .optional();
        // Asked once the lock is there: who ends the move has it until that can be seen.
        boolean isOver = jdbc.sql("select state in ('idle', 'cut-over', 'rolled-back', 'closed') from cutover")
                .query(Boolean.class)
                .single();
        return isOver ? Optional.empty() : progress;
    }

    void advance(LegacyTable table, Progress progress, int rowsRead, int changes) {
        jdbc.sql("""
                update cutover_tables
                set next_offset = :offset, change_id = :change, rows_read = rows_read + :read,
                    changes = changes + :changes
                where table_name = :table
                """)
                .param("offset", progress.nextOffset())
                .param("change", progress.changeId())
                .param("read", rowsRead)
                .param("changes", changes)
                .param("table", table.table())
                .update();
    }

    /** Inserts rows or makes those with their ids equal to them. */
    void upsert(LegacyTable table, List<LegacyRow> rows) {
        if (rows.isEmpty()) {
            return;
        }
        if (table.isUsers()) {
            meet(table, rows);
        }
        String columns = table.columns().stream().map(LegacyColumn::sql).collect(Collectors.joining(", "));
        String arrays = table.columns().stream()
                .map(column -> "cast(:" + column.name() + " as " + column.kind().type() + "[])")
                .collect(Collectors.joining(", "));
        String set = table.columns().stream()
                .skip(1)
                .map(column -> column.sql() + " = excluded." + column.sql())
                .collect(Collectors.joining(", "));
        JdbcClient.StatementSpec statement = jdbc.sql("insert into " + table.sql() + " (" + columns
                + ") select * from unnest(" + arrays + ") on conflict (id) do update set " + set);
        for (int i = 0; i < table.columns().size(); i++) {
            int column = i;
            statement = statement.param(
                    table.columns().get(i).name(),
                    array(rows, row -> row.values().get(column)));
        }
        statement.update();
    }

    /** People who were seen here first are the same people: they keep their documents and get their id. */
    private void meet(LegacyTable users, List<LegacyRow> rows) {
        @Nullable String[] ids = array(rows, row -> row.values().get(0));
        @Nullable String[] userIds = array(rows, row -> row.values().get(1));
        List<Long> renamed = jdbc.sql("""
                select u.id from users u
                join unnest(cast(:ids as bigint[]), cast(:userIds as text[])) as told (id, user_id) on u.id = told.id
                where u.user_id is distinct from told.user_id
                """)
                .param("ids", ids)
                .param("userIds", userIds)
                .query(Long.class)
                .list();
        remove(users, renamed);
        jdbc.sql("""
                update users u set id = told.id
                from unnest(cast(:ids as bigint[]), cast(:userIds as text[])) as told (id, user_id)
                where u.user_id = told.user_id and u.id >= :bornHere
                """)
                .param("ids", ids)
                .param("userIds", userIds)
                .param("bornHere", LegacyTable.BORN_HERE)
                .update();
    }

    /** Removes rows; people who own documents, to which other tables refer, stay as if they had been seen here first. */
    void remove(LegacyTable table, Collection<Long> ids) {
        if (ids.isEmpty()) {
            return;
        }
        String[] texts = texts(ids);
        boolean people = table.isUsers();
        jdbc.sql("delete from " + table.sql() + " t where id = any(cast(:ids as bigint[]))"
                        + (people ? OWNS_NOTHING : ""))
                .param("ids", texts)
                .update();
        if (people) {
            keepBare(table, texts);
        }
    }

    private void keepBare(LegacyTable users, String[] ids) {
        String columns = users.columns().stream()
                .filter(column -> !List.of("id", "user_id", "is_anonymous", "daily_query_count", "total_queries")
                        .contains(column.name()))
                .map(column -> column.sql() + " = null")
                .collect(Collectors.joining(", "));
        jdbc.sql("update users set id = default, is_anonymous = false, daily_query_count = 0, total_queries = 0, "
                        + columns + " where id = any(cast(:ids as bigint[]))")
                .param("ids", ids)
                .update();
    }

    /** Removes what came from the legacy database, and what of it is in quarantine. */
    void clear(LegacyTable table) {
        if (table.isUsers()) {
            remove(
                    table,
                    jdbc.sql("select id from users where id < :bornHere")
                            .param("bornHere", LegacyTable.BORN_HERE)
                            .query(Long.class)
                            .list());
        } else {
            jdbc.sql("delete from " + table.sql() + " where id < :bornHere")
                    .param("bornHere", LegacyTable.BORN_HERE)
                    .update();
        }
        jdbc.sql("delete from cutover_quarantine where table_name = :table")
                .param("table", table.table())
                .update();
        jdbc.sql("delete from cutover_originals where table_name = :table")
                .param("table", table.table())
                .update();
    }

    void quarantine(LegacyTable table, long id, Reason reason, String detail, String event) {
        jdbc.sql("""
                insert into cutover_quarantine (table_name, row_id, reason, detail, event)
                values (:table, :id, :reason, :detail, :event)
                on conflict (table_name, row_id) do update
                set reason = excluded.reason, detail = excluded.detail, event = excluded.event, at = now()
                """)
                .param("table", table.table())
                .param("id", id)
                .param("reason", reason.code())
                .param("detail", detail)
                .param("event", event)
                .update();
    }

    /** Forgets what is known of rows beside the rows themselves. */
    void forget(LegacyTable table, Collection<Long> ids) {
        String[] texts = texts(ids);
        jdbc.sql("delete from cutover_quarantine where table_name = :table and row_id = any(cast(:ids as bigint[]))")
                .param("table", table.table())
                .param("ids", texts)
                .update();
        jdbc.sql("delete from cutover_originals where table_name = :table and row_id = any(cast(:ids as bigint[]))")
                .param("table", table.table())
                .param("ids", texts)
                .update();
    }

    void keepOriginals(LegacyTable table, LegacyRow row) {
        row.originals()
                .forEach((column, original) -> jdbc.sql("""
                        insert into cutover_originals (table_name, row_id, column_name, original)
                        values (:table, :id, :column, :original)
                        on conflict (table_name, row_id, column_name) do update set original = excluded.original
                        """)
                        .param("table", table.table())
                        .param("id", row.id())
                        .param("column", column)
                        .param("original", original)
                        .update());
    }

    /** Rows that may fit in by now. */
    List<Long> duplicates(LegacyTable table, int limit) {
        return jdbc.sql("""
                select row_id from cutover_quarantine
                where table_name = :table and reason = :reason
                order by row_id
                limit :limit
                """)
                .param("table", table.table())
                .param("reason", Reason.DUPLICATE.code())
                .param("limit", limit)
                .query(Long.class)
                .list();
    }

    /** The event of a row in quarantine. */
    String quarantined(LegacyTable table, long id) {
        return jdbc.sql("select event from cutover_quarantine where table_name = :table and row_id = :id")
                .param("table", table.table())
                .param("id", id)
                .query(String.class)
                .single();
    }

    private static String[] texts(Collection<Long> ids) {
        return ids.stream().map(String::valueOf).toArray(String[]::new);
    }

    private static @Nullable String[] array(List<LegacyRow> rows, Function<LegacyRow, @Nullable String> value) {
        @Nullable String[] values = new String[rows.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = value.apply(rows.get(i));
        }
        return values;
    }
}
