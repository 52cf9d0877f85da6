package io.knowledgebase.ingest.cutover.wayback;

import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.springframework.jdbc.core.simple.JdbcClient;

/** SQL of the way back, PostgreSQL's side. */
public final class WayBackStore {

    static final String PUBLICATION = "kb_cutover";
    static final String MESSAGE_PREFIX = "kb-cutover";

    /** As PostgreSQL calls a log that it has removed; ours for one that it does not know. */
    public static final String LOST = "lost";

    private final JdbcClient jdbc;

    public WayBackStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * PostgreSQL's log, as far as it is kept for the way back.
     *
     * @param retainedBytes of it that cannot be removed yet
     * @param walStatus {@code reserved}, {@code extended}, {@code unreserved} or {@code lost}, as PostgreSQL tells it
     */
    public record Slot(long retainedBytes, String walStatus) {}

    /** Keeps PostgreSQL's log from now on; a repeat does nothing. */
    public void prepare() {
        jdbc.sql("select cutover_follow()").query().singleRow();
        if (slot().isEmpty()) {
            jdbc.sql("select pg_create_logical_replication_slot(:slot, 'pgoutput')")
                    .param("slot", slotName())
                    .query()
                    .singleRow();
        }
    }

    /** Keeps it no longer; a repeat does nothing. */
    public void dispose() {
        jdbc.sql("select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = :slot")
                .param("slot", slotName())
                .query()
                .listOfRows();
        jdbc.sql("select cutover_follow_no_more()").query().singleRow();
    }

    /** Slots are the server's, so its name is the database's. */
    String slotName() {
        return "kb_cutover_"
                + jdbc.sql("select oid from pg_database where datname = current_database()")
                        .query(Long.class)
                        .single();
    }

    public Optional<Slot> slot() {
        return jdbc.sql("""
                select pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint as retained, wal_status
                from pg_replication_slots where slot_name = :slot
                """)
                .param("slot", slotName())
                .query((row, number) -> new Slot(
                        row.getLong("retained"),
                        String.valueOf(row.getString("wal_status")).toLowerCase(Locale.ROOT)))
                .optional();
    }

    /** Whether PostgreSQL's log is gone before the file had all of it, so that there is no way back any more. */
    public boolean isLost() {
        return slot().filter(slot -> !slot.walStatus().equals(LOST)).isEmpty();
    }

    /** Puts a mark into PostgreSQL's log that is told after everything that was written before. */
    void mark(String mark) {
        jdbc.sql("select pg_logical_emit_message(true, :prefix, :mark)")
                .param("prefix", MESSAGE_PREFIX)
                .param("mark", mark)
                .query()
                .singleRow();
    }

    /**
     * Whether everybody sees what transactions have written. PostgreSQL tells a commit as soon as it is in the log, which
     * may be before: with synchronous replication by as long as the standby takes.
     *
     * @param transactionIds as the log has them, without their epoch
     */
    boolean areVisible(Set<Long> transactionIds) {
        return jdbc.sql("""
                select pg_snapshot_xmax(s.now)::text::bigint as next,
                       array(select pg_snapshot_xip(s.now)::text::bigint) as running
                from (select pg_current_snapshot() as now) s
                """)
                .query((row, number) -> {
                    long next = row.getLong("next");
                    Set<Integer> running = Arrays.stream(
                                    (Long[]) row.getArray("running").getArray())
                            .map(Long::intValue)
                            .collect(Collectors.toSet());
                    return transactionIds.stream()
                            .allMatch(id -> (int) (id - next) < 0 && !running.contains(id.intValue()));
                })
                .single();
    }

    void taken(int rows) {
        jdbc.sql("update cutover set taken_back = taken_back + :rows")
                .param("rows", rows)
                .update();
    }

    /**
     * Puts down which rows the file cannot take as they are.
     *
     * @param ids of rows that were written
     * @param refused why some of them were not, or not in full
     */
    void putDown(LegacyTable table, Collection<Long> ids, Map<Long, String> refused) {
        jdbc.sql(
                        "delete from cutover_not_taken_back where table_name = :table and row_id = any(cast(:ids as bigint[]))")
                .param("table", table.table())
                .param("ids", ids.stream().map(String::valueOf).toArray(String[]::new))
                .update();
        refused.forEach((id, detail) -> jdbc.sql("""
                        insert into cutover_not_taken_back (table_name, row_id, detail) values (:table, :id, :detail)
                        on conflict (table_name, row_id) do update set detail = excluded.detail, at = now()
                        """)
                .param("table", table.table())
                .param("id", id)
                .param("detail", detail)
                .update());
    }

    /** How many rows the file cannot take as they are, by table. */
    public Map<String, Long> refused() {
        Map<String, Long> refused = new TreeMap<>();
        jdbc.sql("select table_name, count(*) as n from cutover_not_taken_back group by table_name")
                .query(row -> {
                    refused.put(row.getString("table_name"), row.getLong("n"));
                });
        return refused;
    }
}
