package io.knowledgebase.sqlite;

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
            return Double.compare(a.doubleValue(), b.doubleValue());
        }
        return Arrays.compareUnsigned(bytes(one), bytes(other));
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
            } else {
                json.addPOJO(value);
            }
        }
        return json.toString();
    }

    static Key parse(String json) {
        List<@Nullable Object> values = new ArrayList<>();
        for (JsonNode value : JsonMapper.shared().readTree(json)) {
            values.add(
                    value.isNull()
                            ? null
                            : value.isIntegralNumber()
                                    ? (Object) value.longValue()
                                    : value.isNumber()
                                            ? (Object) value.doubleValue()
                                            : value.isString()
                                                    ? value.stringValue()
                                                    : HexFormat.of()
                                                            .parseHex(value.path("blob")
                                                                    .stringValue()));
        }
        return new Key(values);
    }
}
