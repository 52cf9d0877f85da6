package io.knowledgebase.sqlite;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/** The values of a primary key, in SQLite's order: nothing, numbers, texts by their bytes, blobs. */
record Key(List<@Nullable Object> values) implements Comparable<Key> {

    Key {
        if (values.stream().anyMatch(InvalidText.class::isInstance)) {
            throw new CaptureException("a table has a key that is not UTF-8");
        }
    }

    static Key of(Table table, List<@Nullable Object> row) {
        List<@Nullable Object> values = new ArrayList<>();
        table.key().forEach(column -> values.add(row.get(table.columns().indexOf(column))));
        return new Key(values);
    }

    @Override
    public int compareTo(Key other) {
        for (int i = 0; i < values.size(); i++) {
            int order = compare(values.get(i), other.values.get(i));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    private static int compare(@Nullable Object one, @Nullable Object other) {
        int order = Integer.compare(rank(one), rank(other));
        if (order != 0 || one == null || other == null) {
            return order;
        }
        if (one instanceof Long a && other instanceof Long b) {
            return Long.compare(a, b);
        }
        if (one instanceof Number a && other instanceof Number b) {
            return compare(a, b);
        }
        return Arrays.compareUnsigned(bytes(one), bytes(other));
    }

    /** Exactly: a double has no room for every long. */
    private static int compare(Number one, Number other) {
        boolean finite = Double.isFinite(one.doubleValue()) && Double.isFinite(other.doubleValue());
        return finite
                ? new BigDecimal(one.toString()).compareTo(new BigDecimal(other.toString()))
                : Double.compare(one.doubleValue(), other.doubleValue());
    }

    private static int rank(@Nullable Object value) {
        return value == null ? 0 : value instanceof Number ? 1 : value instanceof String ? 2 : 3;
    }

    private static byte[] bytes(Object value) {
        return value instanceof byte[] bytes ? bytes : ((String) value).getBytes(StandardCharsets.UTF_8);
    }

    /** As it is kept in an offset. */
    String toJson() {
        ArrayNode json = JsonMapper.shared().createArrayNode();
        for (Object value : values) {
            if (value instanceof byte[] bytes) {
                json.addObject().put("blob", HexFormat.of().formatHex(bytes));
            } else if (value instanceof Double real && real.isInfinite()) {
                json.addObject().put("real", real.toString());
            } else {
                json.addPOJO(value);
            }
        }
        return json.toString();
    }

    static Key parse(String json) {
        List<@Nullable Object> values = new ArrayList<>();
        for (JsonNode value : JsonMapper.shared().readTree(json)) {
            values.add(value(value));
        }
        return new Key(values);
    }

    private static @Nullable Object value(JsonNode value) {
        if (value.isNull()) {
            return null;
        }
        if (value.isNumber()) {
            return value.isIntegralNumber() ? (Object) value.longValue() : value.doubleValue();
        }
        if (value.isString()) {
            return value.stringValue();
        }
        return value.has("real")
                ? (Object) Double.valueOf(value.path("real").stringValue())
                : HexFormat.of().parseHex(value.path("blob").stringValue());
    }
}
