package io.knowledgebase.sqlite;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Events as records with Debezium's envelope: {@code before}, {@code after}, {@code source}, {@code op}, {@code ts_ms}.
 * A value that its column's declared type has no place for is null in the row and, of the row as it is now, stands in
 * {@code source.misfits}, so that nothing is lost.
 */
final class SourceRecords {

    private static final Schema SOURCE = SchemaBuilder.struct()
            .name("io.knowledgebase.sqlite.Source")
            .field("connector", Schema.STRING_SCHEMA)
            .field("name", Schema.STRING_SCHEMA)
            .field("ts_ms", Schema.INT64_SCHEMA)
            .field("snapshot", Schema.STRING_SCHEMA)
            .field("db", Schema.STRING_SCHEMA)
            .field("table", Schema.STRING_SCHEMA)
            .field("change_id", Schema.INT64_SCHEMA)
            .field("misfits", Schema.OPTIONAL_STRING_SCHEMA)
            .build();

    private static final Schema HEARTBEAT_KEY = SchemaBuilder.struct()
            .name("io.debezium.connector.common.ServerNameKey")
            .field("serverName", Schema.STRING_SCHEMA)
            .build();

    private static final Schema HEARTBEAT = SchemaBuilder.struct()
            .name("io.debezium.connector.common.Heartbeat")
            .field("ts_ms", Schema.INT64_SCHEMA)
            .build();

    private final String prefix;
    private final String database;
    private final Map<String, String> partition;
    private final Map<Table, Schemas> schemas = new HashMap<>();

    /**
     * Records of a database.
     *
     * @param prefix of the topics: {@code prefix.table}
     * @param database its name in the records, unless they are of exports
     */
    SourceRecords(String prefix, String database, Map<String, String> partition) {
        this.prefix = prefix;
        this.database = database;
        this.partition = partition;
    }

    private record Schemas(Schema key, Schema row, Schema envelope) {}

    /** A deletion is followed by a tombstone, so that a compacted topic forgets the row. */
    List<SourceRecord> of(RowEvent event) {
        Schemas schema = schemas.computeIfAbsent(event.table(), this::schemas);
        String topic = prefix + "." + event.table().name();
        Map<String, Object> offset = event.position().toOffset();
        ObjectNode misfits = JsonMapper.shared().createObjectNode();
        boolean isGone = event.after() == null;
        Struct before = row(
                event.table(),
                schema.row,
                event.before(),
                isGone ? misfits : JsonMapper.shared().createObjectNode());
        Struct after = row(event.table(), schema.row, event.after(), misfits);
        long now = Instant.now().toEpochMilli();
        Struct source = new Struct(SOURCE)
                .put("connector", "sqlite")
                .put("name", prefix)
                .put("ts_ms", millis(event.committedAt(), now))
                .put("snapshot", event.operation() == RowEvent.Operation.READ ? "true" : "false")
                .put("db", event.position().export().map(Export::name).orElse(database))
                .put("table", event.table().name())
                .put("change_id", event.changeId())
                .put("misfits", misfits.isEmpty() ? null : misfits.toString());
        Struct envelope = new Struct(schema.envelope)
                .put("before", before)
                .put("after", after)
                .put("source", source)
                .put("op", event.operation().code())
                .put("ts_ms", now);
        List<@Nullable Object> told = event.after() == null ? event.before() : event.after();
        Struct key = told == null ? null : key(event.table(), schema.key, told);
        Schema keySchema = key == null ? null : schema.key;
        List<SourceRecord> records = new ArrayList<>();
        records.add(new SourceRecord(partition, offset, topic, 0, keySchema, key, schema.envelope, envelope));
        if (event.operation() == RowEvent.Operation.DELETE) {
            records.add(new SourceRecord(partition, offset, topic, 0, keySchema, key, null, null));
        }
        return records;
    }

    /** A record that tells how far the capture has come. */
    SourceRecord heartbeat(SourceOffset position) {
        return new SourceRecord(
                partition,
                position.toOffset(),
                SqliteSourceConnector.HEARTBEAT_TOPIC_PREFIX + prefix,
                0,
                HEARTBEAT_KEY,
                new Struct(HEARTBEAT_KEY).put("serverName", prefix),
                HEARTBEAT,
                new Struct(HEARTBEAT).put("ts_ms", Instant.now().toEpochMilli()));
    }

    private Schemas schemas(Table table) {
        String name = prefix + "." + table.name();
        SchemaBuilder key = SchemaBuilder.struct().name(name + ".Key");
        table.key().forEach(column -> key.field(column.name(), type(column)));
        SchemaBuilder row = SchemaBuilder.struct().name(name + ".Value").optional();
        table.columns().forEach(column -> row.field(column.name(), type(column)));
        Schema rowSchema = row.build();
        Schema envelope = SchemaBuilder.struct()
                .name(name + ".Envelope")
                .field("before", rowSchema)
                .field("after", rowSchema)
                .field("source", SOURCE)
                .field("op", Schema.STRING_SCHEMA)
                .field("ts_ms", Schema.OPTIONAL_INT64_SCHEMA)
                .build();
        return new Schemas(key.build(), rowSchema, envelope);
    }

    private static Schema type(Column column) {
        return switch (column.affinity()) {
            case INTEGER -> Schema.OPTIONAL_INT64_SCHEMA;
            case REAL -> Schema.OPTIONAL_FLOAT64_SCHEMA;
            case BLOB -> Schema.OPTIONAL_BYTES_SCHEMA;
            case TEXT, NUMERIC -> Schema.OPTIONAL_STRING_SCHEMA;
        };
    }

    private static @Nullable Struct row(
            Table table, Schema schema, @Nullable List<@Nullable Object> values, ObjectNode misfits) {
        if (values == null) {
            return null;
        }
        Struct row = new Struct(schema);
        for (int i = 0; i < values.size(); i++) {
            Column column = table.columns().get(i);
            Object value = values.get(i);
            Object fitting = fitting(column, value);
            row.put(column.name(), fitting);
            if (value != null && fitting == null) {
                ObjectNode misfit = misfits.putObject(column.name());
                misfit.put("class", storageClass(value));
                misfit.put("value", written(value));
            }
        }
        return row;
    }

    private static Struct key(Table table, Schema schema, List<@Nullable Object> values) {
        Struct key = new Struct(schema);
        for (Column column : table.key()) {
            key.put(column.name(), fitting(column, values.get(table.columns().indexOf(column))));
        }
        return key;
    }

    private static @Nullable Object fitting(Column column, @Nullable Object value) {
        return switch (column.affinity()) {
            case INTEGER -> value instanceof Long ? value : null;
            case REAL -> value instanceof Number number ? (Object) number.doubleValue() : null;
            case BLOB -> value instanceof byte[] ? value : null;
            case TEXT -> value instanceof String ? value : null;
            case NUMERIC -> value instanceof Number || value instanceof String ? value.toString() : null;
        };
    }

    private static String written(Object value) {
        if (value instanceof InvalidText text) {
            return text.hex();
        }
        return value instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : value.toString();
    }

    private static String storageClass(Object value) {
        if (value instanceof InvalidText) {
            return InvalidText.CLASS;
        }
        return value instanceof Long
                ? "integer"
                : value instanceof Number ? "real" : value instanceof String ? "text" : "blob";
    }

    private static long millis(@Nullable String committedAt, long otherwise) {
        try {
            return committedAt == null ? otherwise : Instant.parse(committedAt).toEpochMilli();
        } catch (DateTimeParseException e) {
            return otherwise;
        }
    }
}
