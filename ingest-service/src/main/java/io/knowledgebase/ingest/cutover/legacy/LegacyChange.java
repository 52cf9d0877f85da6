package io.knowledgebase.ingest.cutover.legacy;

import io.knowledgebase.sqlite.InvalidText;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/**
 * What happened to a row, with Debezium's envelope; topic {@code kb.legacy.} and the table's name, key the primary key as
 * JSON. Secrets are sealed in it.
 *
 * @param rowId of the primary key; 0 if the change is the whole table's
 * @param event as Kafka has it; empty if only its tombstone is left
 */
public record LegacyChange(Operation operation, long rowId, long changeId, JsonNode envelope, String event) {

    /** The key of a change of a whole table: a compacted topic takes none without one. */
    public static final String TABLE_KEY = "{}";

    /** The class of a misfit that is too large for an event: see {@link EventSize}. */
    public static final String WITHHELD = "withheld";

    private static final String CHANGE_ID = "change_id";

    /** The key of a row's changes. */
    public static String key(long rowId) {
        return JsonMapper.shared().createObjectNode().put("id", rowId).toString();
    }

    /** The row that a key is of. */
    public static long rowId(String key) {
        return JsonMapper.shared().readTree(key).path("id").longValue();
    }

    /** Lets a compacted topic forget a row; it may be all that is left of the deletion. */
    public static ProducerRecord<String, String> tombstone(String topic, String key, long changeId) {
        ProducerRecord<String, String> tombstone = new ProducerRecord<>(topic, 0, key, null);
        tombstone.headers().add(CHANGE_ID, Long.toString(changeId).getBytes(StandardCharsets.US_ASCII));
        return tombstone;
    }

    /**
     * A change as Kafka has it.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static LegacyChange of(ConsumerRecord<String, String> record) {
        if (record.value() != null) {
            return of(record.value());
        }
        Header changeId = record.headers().lastHeader(CHANGE_ID);
        if (changeId == null) {
            throw new IllegalArgumentException("a tombstone does not tell its change");
        }
        return new LegacyChange(
                Operation.DELETE,
                rowId(record.key()),
                Long.parseLong(new String(changeId.value(), StandardCharsets.US_ASCII)),
                MissingNode.getInstance(),
                "");
    }

    /** As Debezium writes them. */
    public enum Operation {
        READ,
        CREATE,
        UPDATE,
        DELETE,
        /** What was told of the table before is void. */
        TRUNCATE
    }

    /**
     * A change by its event.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static LegacyChange of(String event) {
        JsonNode envelope = JsonMapper.shared().readTree(event);
        Operation operation = switch (envelope.path("op").asString("")) {
            case "r" -> Operation.READ;
            case "c" -> Operation.CREATE;
            case "u" -> Operation.UPDATE;
            case "d" -> Operation.DELETE;
            case "t" -> Operation.TRUNCATE;
            default ->
                throw new IllegalArgumentException(
                        "no change has the operation " + envelope.path("op").asString(""));
        };
        JsonNode row = envelope.path(operation == Operation.DELETE ? "before" : "after");
        return new LegacyChange(
                operation,
                operation == Operation.TRUNCATE ? 0 : row.path("id").longValue(),
                envelope.path("source").path(CHANGE_ID).longValue(),
                envelope,
                event);
    }

    /** Whether a row follows, instead of being gone. */
    public boolean hasRow() {
        return operation != Operation.DELETE && operation != Operation.TRUNCATE;
    }

    /**
     * The row after the change.
     *
     * @throws MisfitException if PostgreSQL has no place for it
     */
    public LegacyRow row(LegacyTable table, Secrets secrets) throws MisfitException {
        JsonNode row = envelope.path("after");
        String odd = envelope.path("source").path("misfits").asString("");
        JsonNode misfits = JsonMapper.shared().readTree(odd.isEmpty() ? "{}" : odd);
        return LegacyRow.of(table, column -> {
            JsonNode misfit = misfits.path(column);
            if (misfit.isObject()) {
                return misfit(
                        misfit.path("class").asString(""),
                        secrets.open(table, column, misfit.path("value").asString("")));
            }
            Object value = value(row.path(column));
            return value instanceof String text ? secrets.open(table, column, text) : value;
        });
    }

    private static @Nullable Object value(JsonNode value) {
        return value.isIntegralNumber()
                ? (Object) value.longValue()
                : value.isNumber() ? (Object) value.doubleValue() : value.isString() ? value.stringValue() : null;
    }

    private static Object misfit(String storageClass, String value) {
        return switch (storageClass) {
            case "integer" -> Long.valueOf(value);
            case "real" -> Double.valueOf(value);
            case "blob" -> HexFormat.of().parseHex(value);
            case InvalidText.CLASS -> new InvalidText(value);
            case WITHHELD -> LegacyRow.WITHHELD;
            default -> value;
        };
    }

    /** For logs: neither values nor tokens. */
    @Override
    public String toString() {
        return operation + " " + rowId + " by change " + changeId;
    }
}
