package io.knowledgebase.ingest.notion.sync;

import io.knowledgebase.ingest.notion.Times;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** SQL of the tasks. */
final class TaskStore {

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;

    TaskStore(JdbcClient jdbc, TransactionTemplate transaction) {
        this.jdbc = jdbc;
        this.transaction = transaction;
    }

    /** Runs statements of this and other stores in one transaction. */
    <T> T atomically(Supplier<T> statements) {
        return Objects.requireNonNull(transaction.execute(status -> statements.get()));
    }

    /** True the first time that an event is seen. */
    boolean isNew(UUID eventId) {
        return jdbc.sql("insert into notion_events (event_id) values (:id) on conflict do nothing")
                        .param("id", eventId)
                        .update()
                == 1;
    }

    void forgetEvents(Duration age) {
        jdbc.sql("delete from notion_events where received_at < now() - :age * interval '1 ms'")
                .param("age", age.toMillis())
                .update();
    }

    /**
     * An event asks every connection to its workspace for something.
     *
     * @param delay time in which further events may come
     * @return how many connections there are
     */
    int ask(UUID workspaceId, EntityKind kind, UUID entityId, boolean whole, Instant eventTime, Duration delay) {
        return jdbc.sql("""
                insert into notion_tasks as t (connection_id, entity_id, kind, urgent, whole, event_time, due_at)
                select connection_id, :entity, :kind, true, :whole, :time, clock_timestamp() + :delay * interval '1 ms'
                from notion_connections
                where workspace_id = :workspace and state <> 'deleting'
                on conflict (connection_id, entity_id) do update
                set revision = t.revision + 1, urgent = true, whole = t.whole or excluded.whole,
                    event_time = least(t.event_time, excluded.event_time), due_at = least(t.due_at, excluded.due_at)
                """)
                .param("workspace", workspaceId)
                .param("entity", entityId)
                .param("kind", kind.code())
                .param("whole", whole)
                .param("time", Times.utc(eventTime))
                .param("delay", delay.toMillis())
                .update();
    }

    /** Notes that a block of a page is discussed, in every connection to the workspace. */
    void noteComment(UUID workspaceId, UUID pageId, UUID blockId) {
        jdbc.sql("""
                insert into notion_commented_blocks
                select connection_id, :page, :block from notion_connections where workspace_id = :workspace
                on conflict do nothing
                """)
                .param("workspace", workspaceId)
                .param("page", pageId)
                .param("block", blockId)
                .update();
    }

    /** Asks for something without haste. */
    void ask(UUID connectionId, EntityKind kind, Collection<UUID> entityIds) {
        ask(connectionId, kind, entityIds, null, false, false, false);
    }

    /** Asks for all rows of data sources. */
    void askWhole(UUID connectionId, Collection<UUID> dataSourceIds) {
        ask(connectionId, EntityKind.DATA_SOURCE, dataSourceIds, null, false, false, true);
    }

    /** Asks for what a listing has shown not to be there. */
    void askUnlisted(UUID connectionId, EntityKind kind, Collection<UUID> entityIds) {
        ask(connectionId, kind, entityIds, null, false, true, false);
    }

    /**
     * Asks for pages whose outcomes a run counts; somebody waits for those that were named.
     *
     * @param unlisted whether a listing has shown that they are not there
     */
    void ask(Run run, Collection<UUID> pageIds, boolean unlisted) {
        boolean urgent = run.kind() == Run.Kind.PAGES;
        ask(run.connectionId(), EntityKind.PAGE, pageIds, run.runId(), urgent, unlisted, false);
    }

    private void ask(
            UUID connectionId,
            EntityKind kind,
            Collection<UUID> entityIds,
            @Nullable Long runId,
            boolean urgent,
            boolean unlisted,
            boolean whole) {
        jdbc.sql("""
                insert into notion_tasks as t (connection_id, entity_id, kind, urgent, whole, unlisted, run_ids, due_at)
                select :connection, id, :kind, :urgent, :whole, :unlisted, cast(:runs as bigint[]), clock_timestamp()
                from unnest(cast(:ids as uuid[])) as id
                order by id
                on conflict (connection_id, entity_id) do update
                set revision = t.revision + 1, urgent = t.urgent or excluded.urgent,
                    unlisted = t.unlisted or excluded.unlisted, whole = t.whole or excluded.whole,
                    run_ids = t.run_ids || excluded.run_ids,
                    due_at = case when excluded.urgent then least(t.due_at, excluded.due_at) else t.due_at end
                """)
                .param("connection", connectionId)
                .param("kind", kind.code())
                .param("urgent", urgent)
                .param("whole", whole)
                .param("unlisted", unlisted)
                .param("runs", runId == null ? new Long[0] : new Long[] {runId})
                .param("ids", entityIds.stream().map(UUID::toString).toArray(String[]::new))
                .update();
    }

    /** Asks for entities of any kind. */
    void askAll(UUID connectionId, Collection<Entity> entities) {
        for (EntityKind kind : EntityKind.values()) {
            List<UUID> ids = entities.stream()
                    .filter(entity -> entity.kind() == kind)
                    .map(Entity::entityId)
                    .toList();
            if (!ids.isEmpty()) {
                ask(connectionId, kind, ids);
            }
        }
    }

    /**
     * The next task that is due, apart from those that are being worked on.
     *
     * @param urgentFirst whether what is urgent goes before what has waited longer
     */
    Optional<Task> next(UUID connectionId, Collection<UUID> underWay, boolean urgentFirst) {
        String order = urgentFirst ? "urgent desc, due_at" : "due_at";
        return jdbc.sql("""
                with next as (
                    select connection_id, entity_id, event_time from notion_tasks
                    where connection_id = :connection and due_at <= clock_timestamp()
                      and entity_id <> all (cast(:underWay as uuid[]))
                    order by %s
                    limit 1
                )
                update notion_tasks t
                set event_time = null
                from next
                where t.connection_id = next.connection_id and t.entity_id = next.entity_id
                returning t.connection_id, t.entity_id, t.kind, t.revision, t.whole, t.unlisted, next.event_time,
                          t.attempts, t.run_ids
                """.formatted(order))
                .param("connection", connectionId)
                .param("underWay", underWay.stream().map(UUID::toString).toArray(String[]::new))
                .query((row, number) -> task(row))
                .optional();
    }

    private static Task task(ResultSet row) throws SQLException {
        return new Task(
                row.getObject("connection_id", UUID.class),
                row.getObject("entity_id", UUID.class),
                EntityKind.of(row.getString("kind")),
                row.getLong("revision"),
                row.getBoolean("whole"),
                row.getBoolean("unlisted"),
                Times.of(row.getObject("event_time", OffsetDateTime.class)),
                row.getInt("attempts"),
                runIds(row));
    }

    private static List<Long> runIds(ResultSet row) throws SQLException {
        return Arrays.stream((Long[]) row.getArray("run_ids").getArray())
                .sorted()
                .toList();
    }

    /**
     * Removes a task, or keeps it for what was asked meanwhile.
     *
     * @return the runs that are to count its outcome
     */
    List<Long> finish(Task task, Duration delay) {
        return jdbc.sql("""
                delete from notion_tasks
                where connection_id = :connection and entity_id = :entity and revision = :revision
                returning run_ids
                """)
                .param("connection", task.connectionId())
                .param("entity", task.entityId())
                .param("revision", task.revision())
                .query((row, number) -> runIds(row))
                .optional()
                .orElseGet(() -> keep(task, delay));
    }

    private List<Long> keep(Task task, Duration delay) {
        return jdbc.sql("""
                with taken as (
                    select connection_id, entity_id, run_ids from notion_tasks
                    where connection_id = :connection and entity_id = :entity
                    for update
                )
                update notion_tasks t
                set run_ids = array(select unnest(taken.run_ids) except select unnest(cast(:runs as bigint[]))),
                    attempts = 0, unlisted = t.unlisted and not :unlisted,
                    due_at = clock_timestamp() + :delay * interval '1 ms'
                from taken
                where t.connection_id = taken.connection_id and t.entity_id = taken.entity_id
                returning array(select unnest(taken.run_ids) intersect select unnest(cast(:runs as bigint[]))) as run_ids
                """)
                .param("connection", task.connectionId())
                .param("entity", task.entityId())
                .param("runs", task.runIds().toArray(Long[]::new))
                .param("unlisted", task.unlisted())
                .param("delay", delay.toMillis())
                .query((row, number) -> runIds(row))
                .optional()
                .orElseGet(List::of);
    }

    /** Puts a task back. */
    void postpone(Task task, int attempts, Duration delay) {
        jdbc.sql("""
                update notion_tasks
                set attempts = :attempts, event_time = least(event_time, cast(:time as timestamptz)),
                    due_at = clock_timestamp() + :delay * interval '1 ms'
                where connection_id = :connection and entity_id = :entity
                """)
                .param("connection", task.connectionId())
                .param("entity", task.entityId())
                .param("attempts", attempts)
                .param("time", Times.utc(task.eventTime()))
                .param("delay", delay.toMillis())
                .update();
    }

    /**
     * A connection for which there is something to do now.
     *
     * @param deleting whether it is to be removed
     */
    record Due(UUID connectionId, boolean deleting) {}

    List<Due> connectionsWithWork() {
        return jdbc.sql("""
                select c.connection_id, c.state = 'deleting' as deleting from notion_connections c
                where c.state = 'deleting'
                   or c.state = 'active' and (c.paused_until is null or c.paused_until <= clock_timestamp())
                      and (exists (select from notion_tasks t
                                   where t.connection_id = c.connection_id and t.due_at <= clock_timestamp())
                           or exists (select from notion_runs r
                                      where r.connection_id = c.connection_id
                                        and r.state <> 'done'
                                        and (r.state = 'waiting' and r.due_at <= clock_timestamp()
                                             or r.state = 'reading'
                                             and r.unchanged + r.changed + r.deleted + r.failed = r.expected)))
                """)
                .query((row, number) -> new Due(row.getObject("connection_id", UUID.class), row.getBoolean("deleting")))
                .list();
    }

    /** Whose connection it is, if it is to be removed. */
    Optional<String> ownerIfDeleting(UUID connectionId) {
        return jdbc.sql("select user_id from notion_connections where connection_id = :id and state = 'deleting'")
                .param("id", connectionId)
                .query(String.class)
                .optional();
    }

    /** Whether the connection is one that may be read for now. */
    boolean mayBeRead(UUID connectionId) {
        return jdbc.sql("""
                select exists (select from notion_connections
                               where connection_id = :id and state = 'active'
                                 and (paused_until is null or paused_until <= clock_timestamp()))
                """).param("id", connectionId).query(Boolean.class).single();
    }
}
