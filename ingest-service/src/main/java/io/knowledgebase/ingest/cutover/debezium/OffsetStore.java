package io.knowledgebase.ingest.cutover.debezium;

import java.util.HashMap;
import java.util.Map;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** SQL of the offsets. */
public final class OffsetStore {

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;

    public OffsetStore(JdbcClient jdbc, TransactionTemplate transaction) {
        this.jdbc = jdbc;
        this.transaction = transaction;
    }

    Map<String, String> load() {
        Map<String, String> offsets = new HashMap<>();
        jdbc.sql("select offset_key, offset_value from cutover_offsets").query(row -> {
            offsets.put(row.getString("offset_key"), row.getString("offset_value"));
        });
        return offsets;
    }

    void save(Map<String, String> offsets) {
        transaction.executeWithoutResult(status -> offsets.forEach((key, value) ->
                jdbc.sql("""
                insert into cutover_offsets (offset_key, offset_value) values (:key, :value)
                on conflict (offset_key) do update set offset_value = excluded.offset_value
                """).param("key", key).param("value", value).update()));
    }

    /** Forgets them all: the next capture begins with a snapshot. */
    public void clear() {
        jdbc.sql("delete from cutover_offsets").update();
    }
}
