package io.knowledgebase.ingest.cutover.capture;

import io.knowledgebase.ingest.cutover.legacy.EventSize;
import io.knowledgebase.ingest.cutover.legacy.LegacyChange;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import io.knowledgebase.ingest.cutover.legacy.Secrets;
import io.knowledgebase.sqlite.SqliteCapture;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Records of the connector as Kafka gets them: Debezium's envelope in JSON, tokens sealed. What JSON has no form for goes
 * to the misfits, where the connector puts what does not fit its column.
 */
final class LegacyEvents {

    private static final JsonMapper JSON = JsonMapper.shared();

    private final Secrets secrets;

    LegacyEvents(Secrets secrets) {
        this.secrets = secrets;
    }

    ProducerRecord<String, String> of(LegacyTable table, SourceRecord record) {
        String key = record.key() == null ? LegacyChange.TABLE_KEY : LegacyChange.key(id((Struct) record.key()));
        if (record.value() == null) {
            return LegacyChange.tombstone(record.topic(), key, SqliteCapture.changeId(record));
        }
        return new ProducerRecord<>(record.topic(), 0, key, envelope(table, (Struct) record.value()));
    }

    private static long id(Struct key) {
        return key.getInt64(key.schema().fields().get(0).name());
    }

    private String envelope(LegacyTable table, Struct told) {
        Struct from = told.getStruct("source");
        ObjectNode misfits = misfits(table, from.getString("misfits"));
        ObjectNode envelope = JSON.createObjectNode();
        ObjectNode ofBefore = told.getStruct("after") == null ? misfits : JSON.createObjectNode();
        envelope.set("before", row(table, told.getStruct("before"), ofBefore, EventSize.MOST_BYTES_BEFORE));
        envelope.set("after", row(table, told.getStruct("after"), misfits, EventSize.MOST_BYTES));
        misfits.properties().forEach(misfit -> seal(table, misfit.getKey(), (ObjectNode) misfit.getValue(), "value"));
        ObjectNode source = envelope.putObject("source");
        for (Field field : from.schema().fields()) {
            Object value = from.get(field);
            if (value instanceof Long number) {
                source.put(field.name(), number);
            } else {
                source.put(field.name(), (String) value);
            }
        }
        source.put("misfits", misfits.isEmpty() ? null : misfits.toString());
        envelope.put("op", told.getString("op"));
        envelope.put("ts_ms", told.getInt64("ts_ms"));
        return envelope.toString();
    }

    private static ObjectNode misfits(LegacyTable table, @Nullable String told) {
        ObjectNode misfits = JSON.createObjectNode();
        if (told != null) {
            JSON.readTree(told).properties().stream()
                    .filter(misfit -> table.column(known(misfit.getKey())).isPresent())
                    .forEach(misfit -> misfits.set(known(misfit.getKey()), misfit.getValue()));
        }
        return misfits;
    }

    /** SQLite knows columns in any case. */
    private static String known(String column) {
        return column.toLowerCase(Locale.ROOT);
    }

    private @Nullable ObjectNode row(LegacyTable table, @Nullable Struct told, ObjectNode misfits, int mostBytes) {
        if (told == null) {
            return null;
        }
        ObjectNode row = JSON.createObjectNode();
        Set<String> withheld = EventSize.withheld(table, values(told, misfits), mostBytes);
        for (Field field : told.schema().fields()) {
            String column = known(field.name());
            if (table.column(column).isEmpty()) {
                continue; // what is not moved is nobody's business
            }
            Object value = told.get(field);
            if (withheld.contains(column)) {
                row.putNull(column);
                misfits.putObject(column).put("class", LegacyChange.WITHHELD);
            } else if (value instanceof Number number && Secrets.isSecret(table, column)) { // sealed are texts alone
                row.putNull(column);
                misfits.putObject(column)
                        .put("class", number instanceof Long ? "integer" : "real")
                        .put("value", number.toString());
            } else if (value instanceof Long number) {
                row.put(column, number);
            } else if (value instanceof Double real && Double.isFinite(real)) {
                row.put(column, real);
            } else if (value instanceof String text) {
                row.put(column, text);
                seal(table, column, row, column);
            } else {
                row.putNull(column);
                if (value instanceof Double real) {
                    misfits.putObject(column).put("class", "real").put("value", real.toString());
                } else if (value instanceof byte[] bytes) {
                    misfits.putObject(column)
                            .put("class", "blob")
                            .put("value", HexFormat.of().formatHex(bytes));
                }
            }
        }
        return row;
    }

    /** As SQLite has them, by column, also those that do not fit. */
    private static Map<String, @Nullable Object> values(Struct told, ObjectNode misfits) {
        Map<String, @Nullable Object> values = new HashMap<>();
        told.schema().fields().forEach(field -> values.put(known(field.name()), told.get(field)));
        misfits.properties()
                .forEach(misfit -> values.put(
                        misfit.getKey(), misfit.getValue().path("value").asString("")));
        return values;
    }

    private void seal(LegacyTable table, String column, ObjectNode object, String field) {
        if (Secrets.isSecret(table, column)) {
            object.put(field, secrets.seal(table, column, object.path(field).asString("")));
        }
    }
}
