package io.knowledgebase.ingest.cutover.legacy;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** SQL of the application's rows in PostgreSQL. */
public final class MovedRowStore {

    private static final long MOST_BYTES_AT_ONCE = 4L * 1024 * 1024;

    private final JdbcClient jdbc;

    public MovedRowStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** Rows that came from the legacy database, by id, with their values as text; ids after one, up to another one. */
    public Map<Long, List<@Nullable String>> rows(LegacyTable table, long after, long upTo) {
        return rows(
                table,
                jdbc.sql(select(table) + " where id > :after and id <= :upTo and id < :bornHere")
                        .param("after", after)
                        .param("upTo", upTo)
                        .param("bornHere", LegacyTable.BORN_HERE));
    }

    /** Those of the rows with these ids that there are, in the same form. */
    public Map<Long, List<@Nullable String>> rows(LegacyTable table, Collection<Long> ids) {
        return rows(
                table,
                jdbc.sql(select(table) + " where id = any(cast(:ids as bigint[]))")
                        .param("ids", ids.stream().map(String::valueOf).toArray(String[]::new)));
    }

    /** Those of some ids that have a row, in their order, and so few at once that their rows fit into a small heap. */
    public List<Set<Long>> portions(LegacyTable table, Collection<Long> ids) {
        if (ids.isEmpty()) {
            return List.of();
        }
        List<Set<Long>> portions = new ArrayList<>();
        AtomicLong left = new AtomicLong();
        jdbc.sql("select id, octet_length((t.*)::text) as bytes from " + table.sql()
                        + " t where id = any(cast(:ids as bigint[])) order by id")
                .param("ids", ids.stream().map(String::valueOf).toArray(String[]::new))
                .query(row -> {
                    if (left.get() <= 0) {
                        portions.add(new TreeSet<>());
                        left.set(MOST_BYTES_AT_ONCE);
                    }
                    portions.get(portions.size() - 1).add(row.getLong("id"));
                    left.addAndGet(-row.getLong("bytes"));
                });
        return portions;
    }

    private static String select(LegacyTable table) {
        return table.columns().stream()
                .map(column -> column.sql() + "::text")
                .collect(Collectors.joining(", ", "select ", " from " + table.sql()));
    }

    private static Map<Long, List<@Nullable String>> rows(LegacyTable table, JdbcClient.StatementSpec select) {
        Map<Long, List<@Nullable String>> rows = new TreeMap<>();
        select.query(row -> {
            List<@Nullable String> values = values(row, table.columns());
            rows.put(Long.valueOf(String.valueOf(values.get(0))), values);
        });
        return rows;
    }

    private static List<@Nullable String> values(ResultSet row, List<LegacyColumn> columns) throws SQLException {
        List<@Nullable String> values = new ArrayList<>();
        for (int i = 1; i <= columns.size(); i++) {
            values.add(row.getString(i));
        }
        return values;
    }

    /** The digest of rows that came from the legacy database, as {@link RowDigest} has it; ids after one, up to another one. */
    public String digest(LegacyTable table, long after, long upTo) {
        String line = table.columns().stream()
                .map(column -> column.sql() + "::text")
                .map(value -> "coalesce(octet_length(" + value + ") || ':' || " + value + ", '-')")
                .collect(Collectors.joining(" || "));
        return jdbc.sql("select md5(coalesce(string_agg(md5(" + line + "), '' order by id), '')) from " + table.sql()
                        + " where id > :after and id <= :upTo and id < :bornHere")
                .param("after", after)
                .param("upTo", upTo)
                .param("bornHere", LegacyTable.BORN_HERE)
                .query(String.class)
                .single();
    }

    /** Ids of rows that are in quarantine; after one, up to another one. */
    public Set<Long> quarantined(LegacyTable table, long after, long upTo) {
        return new HashSet<>(jdbc.sql("""
                select row_id from cutover_quarantine
                where table_name = :table and row_id > :after and row_id <= :upTo
                """)
                .param("table", table.table())
                .param("after", after)
                .param("upTo", upTo)
                .query(Long.class)
                .list());
    }

    /** Takes rows out of quarantine. */
    public void release(LegacyTable table, Collection<Long> ids) {
        jdbc.sql("delete from cutover_quarantine where table_name = :table and row_id = any(cast(:ids as bigint[]))")
                .param("table", table.table())
                .param("ids", ids.stream().map(String::valueOf).toArray(String[]::new))
                .update();
    }

    /** How many rows came from the legacy database. */
    public long count(LegacyTable table) {
        return jdbc.sql("select count(*) from " + table.sql() + " where id < :bornHere")
                .param("bornHere", LegacyTable.BORN_HERE)
                .query(Long.class)
                .single();
    }

    /** How many are in quarantine. */
    public long countQuarantined(LegacyTable table) {
        return jdbc.sql("select count(*) from cutover_quarantine where table_name = :table")
                .param("table", table.table())
                .query(Long.class)
                .single();
    }
}
