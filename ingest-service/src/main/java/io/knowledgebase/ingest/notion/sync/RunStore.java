package io.knowledgebase.ingest.notion.sync;

import io.knowledgebase.ingest.notion.Times;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** SQL of the runs; each has a row in the legacy application's {@code notion_syncs} too. */
final class RunStore {

    private static final int MOST_FAILURES = 100;
    private static final String RUNS = """
            select r.run_id, r.connection_id, r.kind, r.reread, r.created_at, r.attempts, r.started_at, r.finished_at,
                   case when r.state = 'done' then s.status else r.state end as state,
                   r.expected, r.fetched, r.unchanged, r.changed, r.deleted, r.failed, r.failures::text as failures
            from notion_runs r
            join notion_syncs s on s.id = r.run_id
            """;

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;

    RunStore(JdbcClient jdbc, TransactionTemplate transaction) {
        this.jdbc = jdbc;
        this.transaction = transaction;
    }

    /**
     * Begins a run.
     *
     * @return its id, or empty if one of the kind is under way
     */
    Optional<Long> add(UUID connectionId, Run.Kind kind, boolean reread, Collection<UUID> pageIds) {
        return jdbc.sql("""
                with sync as (
                    insert into notion_syncs (user_id, page_id, page_title, status, created_at)
                    select user_id, :pageId, workspace_name, 'running', now() at time zone 'utc'
                    from notion_connections c
                    where connection_id = :connection
                      and not exists (select from notion_runs r
                                      where r.connection_id = c.connection_id and r.kind = :kind and r.state <> 'done' and r.kind <> 'pages')
                    returning id
                )
                insert into notion_runs (run_id, connection_id, kind, reread)
                select id, :connection, :kind, :reread from sync
                on conflict (connection_id, kind) where state <> 'done' and kind <> 'pages' do nothing
                returning run_id
                """)
                .param("pageId", pageIds.size() == 1 ? pageIds.iterator().next().toString() : null)
                .param("connection", connectionId)
                .param("kind", kind.code())
                .param("reread", reread)
                .query(Long.class)
                .optional();
    }

    /** How many runs of a connection wait for pages that were named. */
    int unfinishedNamed(UUID connectionId) {
        return jdbc.sql("""
                select count(*) from notion_runs
                where connection_id = :connection and state <> 'done' and kind = 'pages'
                """)
                .param("connection", connectionId)
                .query(Integer.class)
                .single();
    }

    /** Begins the runs whose time has come. */
    void addDue(Duration reconcileEvery, Duration listEvery, Duration listingPause) {
        jdbc.sql("""
                select connection_id,
                       case when listed_at is null or listed_at < now() - :listEvery * interval '1 ms'
                                 or listing_wanted and listed_at < now() - :listingPause * interval '1 ms'
                            then 'all' else 'changes' end as kind
                from notion_connections c
                where state = 'active'
                  and (listed_at is null or listed_at < now() - :listEvery * interval '1 ms'
                       or listing_wanted and listed_at < now() - :listingPause * interval '1 ms'
                       or coalesce(reconciled_at, '-infinity') < now() - :reconcileEvery * interval '1 ms')
                  and not exists (select from notion_runs r
                                  where r.connection_id = c.connection_id and r.kind in ('all', 'changes')
                                    and (r.state <> 'done' or r.finished_at > now() - :listingPause * interval '1 ms'))
                """)
                .param("listEvery", listEvery.toMillis())
                .param("listingPause", listingPause.toMillis())
                .param("reconcileEvery", reconcileEvery.toMillis())
                .query((row, number) -> add(
                        row.getObject("connection_id", UUID.class),
                        Run.Kind.of(row.getString("kind")),
                        false,
                        List.of()))
                .list();
    }

    /** The run that a connection is to list for: the oldest one that waits. */
    Optional<Run> nextToList(UUID connectionId) {
        return jdbc.sql(RUNS + """
                where r.connection_id = :connection and r.state = 'waiting' and r.due_at <= clock_timestamp()
                order by r.run_id
                limit 1
                """)
                .param("connection", connectionId)
                .query((row, number) -> run(row))
                .optional();
    }

    /** What a listing has found is asked for, and the run waits for it: in one transaction. */
    void listed(Run run, int expected, int unchanged, List<String> failures, Runnable asks) {
        transaction.executeWithoutResult(status -> {
            int begun = jdbc.sql("""
                    update notion_runs
                    set state = 'reading', started_at = now(), expected = :expected, unchanged = :unchanged
                    where run_id = :run and state = 'waiting'
                    """)
                    .param("expected", expected)
                    .param("unchanged", unchanged)
                    .param("run", run.runId())
                    .update();
            if (begun == 0) {
                return; // another process was faster
            }
            if (run.kind() == Run.Kind.ALL) {
                jdbc.sql("update notion_connections set listing_wanted = false where connection_id = :connection")
                        .param("connection", run.connectionId())
                        .update();
            }
            failures.forEach(failure -> addFailure(run.runId(), failure));
            asks.run();
        });
    }

    /** A listing that did not succeed is tried again later. */
    void postpone(Run run, Duration delay) {
        jdbc.sql("""
                update notion_runs set attempts = attempts + 1, due_at = clock_timestamp() + :delay * interval '1 ms'
                where run_id = :run
                """).param("delay", delay.toMillis()).param("run", run.runId()).update();
    }

    /** Ends a run whose listing never succeeds. */
    void fail(Run run, String failure) {
        transaction.executeWithoutResult(status -> {
            addFailure(run.runId(), failure);
            jdbc.sql("update notion_runs set state = 'done', finished_at = now() where run_id = :run")
                    .param("run", run.runId())
                    .update();
            jdbc.sql("update notion_syncs set status = 'failed', error_message = :failure where id = :run")
                    .param("failure", failure)
                    .param("run", run.runId())
                    .update();
        });
    }

    private void addFailure(long runId, String failure) {
        jdbc.sql("""
                update notion_runs
                set failures = case when jsonb_array_length(failures) < :most
                                    then failures || jsonb_build_array(cast(:failure as varchar)) else failures end
                where run_id = :run
                """)
                .param("most", MOST_FAILURES)
                .param("failure", failure)
                .param("run", runId)
                .update();
    }

    /**
     * Counts what became of one page; in the transaction that removes its task. Who names a page that is not to be seen
     * is told so, a comparison of everything finds it as it was.
     */
    void count(long runId, UUID pageId, Outcome outcome, @Nullable String failure) {
        boolean isNamed = jdbc.sql("select kind = 'pages' from notion_runs where run_id = :run")
                .param("run", runId)
                .query(Boolean.class)
                .single();
        boolean unseen = outcome == Outcome.ABSENT || outcome == Outcome.OUT_OF_SIGHT;
        boolean failed = outcome == Outcome.FAILED || (unseen && isNamed);
        jdbc.sql("""
                update notion_runs
                set fetched = fetched + :fetched, unchanged = unchanged + :unchanged, changed = changed + :changed,
                    deleted = deleted + :deleted, failed = failed + :failed
                where run_id = :run
                """)
                .param("fetched", outcome.isFetched() ? 1 : 0)
                .param("unchanged", outcome == Outcome.UNCHANGED || (unseen && !isNamed) ? 1 : 0)
                .param("changed", outcome == Outcome.CHANGED ? 1 : 0)
                .param("deleted", outcome == Outcome.DELETED ? 1 : 0)
                .param("failed", failed ? 1 : 0)
                .param("run", runId)
                .update();
        if (failed) {
            addFailure(
                    runId,
                    "page " + pageId + ": "
                            + (failure == null ? "it is not there, or the integration may not see it" : failure));
        }
    }

    /**
     * Ends runs of which nothing is left to be read.
     *
     * @return those that ended
     */
    List<Long> finish(UUID connectionId) {
        return jdbc.sql("""
                with done as (
                    update notion_runs r
                    set state = 'done', finished_at = now()
                    where connection_id = :connection and state = 'reading'
                      and unchanged + changed + deleted + failed = expected
                    returning run_id, connection_id, kind, started_at, failures, failed
                ), told as (
                    update notion_syncs s
                    set status = case when d.failures = '[]' then 'success' else 'failed' end,
                        error_message = case when d.failures <> '[]'
                                             then d.failed || ' pages failed: ' || (d.failures ->> 0) end
                    from done d
                    where s.id = d.run_id
                ), reconciled as (
                    update notion_connections c
                    set reconciled_at = now(),
                        listed_at = case when exists (select from done where kind = 'all') then now() else listed_at end
                    where c.connection_id = :connection
                      and exists (select from done where kind in ('all', 'changes'))
                )
                select run_id from done
                """).param("connection", connectionId).query(Long.class).list();
    }

    /** Forgets runs that ended long ago. */
    void forget(Duration age) {
        jdbc.sql("""
                delete from notion_syncs
                where id in (select run_id from notion_runs where finished_at < now() - :age * interval '1 ms')
                """).param("age", age.toMillis()).update();
    }

    /** Up to when everything that Notion told to have changed was seen. */
    Optional<Instant> seenUntil(UUID connectionId) {
        return jdbc.sql(
                        "select seen_until from notion_connections where connection_id = :id and seen_until is not null")
                .param("id", connectionId)
                .query(OffsetDateTime.class)
                .optional()
                .map(OffsetDateTime::toInstant);
    }

    void saveSeenUntil(UUID connectionId, Instant seenUntil) {
        jdbc.sql("update notion_connections set seen_until = :until where connection_id = :id")
                .param("until", Times.utc(seenUntil))
                .param("id", connectionId)
                .update();
    }

    /** Seconds since the reconciliation of the connection that waits longest for one; empty without connections. */
    OptionalDouble age() {
        return jdbc.sql("""
                select extract(epoch from now() - min(coalesce(reconciled_at, created_at)))
                from notion_connections where state = 'active'
                """)
                .query((row, number) ->
                        row.getObject(1) == null ? OptionalDouble.empty() : OptionalDouble.of(row.getDouble(1)))
                .single();
    }

    List<Run> list(String userId, int limit) {
        return jdbc.sql(RUNS + """
                join notion_connections c on c.connection_id = r.connection_id and c.user_id = :user
                order by r.run_id desc
                limit :limit
                """)
                .param("user", userId)
                .param("limit", limit)
                .query((row, number) -> run(row))
                .list();
    }

    Optional<Run> find(String userId, long runId) {
        return jdbc.sql(RUNS + """
                join notion_connections c on c.connection_id = r.connection_id and c.user_id = :user
                where r.run_id = :run
                """)
                .param("user", userId)
                .param("run", runId)
                .query((row, number) -> run(row))
                .optional();
    }

    /** The user's connections that are read: all, or the given one. */
    List<UUID> connections(String userId, @Nullable UUID connectionId) {
        return jdbc.sql("""
                select connection_id from notion_connections
                where user_id = :user and state = 'active'
                  and (cast(:connection as uuid) is null or connection_id = :connection)
                order by created_at
                """)
                .param("user", userId)
                .param("connection", connectionId)
                .query(UUID.class)
                .list();
    }

    private static Run run(ResultSet row) throws SQLException {
        return new Run(
                row.getLong("run_id"),
                row.getObject("connection_id", UUID.class),
                Run.Kind.of(row.getString("kind")),
                row.getBoolean("reread"),
                Run.State.of(row.getString("state")),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getInt("attempts"),
                Times.of(row.getObject("started_at", OffsetDateTime.class)),
                Times.of(row.getObject("finished_at", OffsetDateTime.class)),
                row.getInt("expected"),
                row.getInt("fetched"),
                row.getInt("unchanged"),
                row.getInt("changed"),
                row.getInt("deleted"),
                row.getInt("failed"),
                row.getString("failures"));
    }
}
