package io.knowledgebase.sqlite;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * How far a capture by triggers has come.
 *
 * @param changeId the last change of the log that was told, or need not be
 * @param pending tables whose rows are not all told yet, with the last key that was; empty before the first one
 */
record Position(long changeId, Map<String, Optional<Key>> pending) implements SourceOffset {

    static final String CHANGE_ID = "change_id";
    private static final String SNAPSHOT = "snapshot";

    /** Whether a change of a row has to be told: what is not told yet is going to be read as it is then. */
    boolean covers(String table, Key key) {
        Optional<Key> told = pending.get(table);
        return told == null || told.filter(last -> key.compareTo(last) <= 0).isPresent();
    }

    Position at(long newChangeId) {
        return new Position(newChangeId, pending);
    }

    /** With rows of a table told up to a key; empty for none of them. */
    Position after(String table, Optional<Key> key) {
        Map<String, Optional<Key>> tables = new LinkedHashMap<>(pending);
        tables.put(table, key);
        return new Position(changeId, tables);
    }

    /** With all rows of a table told. */
    Position without(String table) {
        Map<String, Optional<Key>> tables = new LinkedHashMap<>(pending);
        tables.remove(table);
        return new Position(changeId, tables);
    }

    @Override
    public boolean hasToldAllRows() {
        return pending.isEmpty();
    }

    @Override
    public Optional<Export> export() {
        return Optional.empty();
    }

    @Override
    public Map<String, Object> toOffset() {
        ObjectNode snapshot = JsonMapper.shared().createObjectNode();
        pending.forEach((table, key) -> snapshot.put(table, key.map(Key::toJson).orElse(null)));
        return Map.of(CHANGE_ID, changeId, SNAPSHOT, snapshot.toString());
    }

    static Optional<Position> ofOffset(@Nullable Map<String, Object> offset) {
        if (offset == null || !(offset.get(CHANGE_ID) instanceof Number changeId)) {
            return Optional.empty();
        }
        Map<String, Optional<Key>> pending = new LinkedHashMap<>();
        JsonNode snapshot = JsonMapper.shared().readTree(String.valueOf(offset.get(SNAPSHOT)));
        snapshot.properties()
                .forEach(table -> pending.put(
                        table.getKey(),
                        table.getValue().isNull()
                                ? Optional.empty()
                                : Optional.of(Key.parse(table.getValue().stringValue()))));
        return Optional.of(new Position(changeId.longValue(), pending));
    }
}
