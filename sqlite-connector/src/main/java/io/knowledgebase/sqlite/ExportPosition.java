package io.knowledgebase.sqlite;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * How far the exports were told.
 *
 * @param number of the export, as {@link ExportStore} counts
 * @param of the export itself, for the case that what was kept of it is lost
 * @param anew whether all rows of some table are told with it
 * @param table the table that is looked at; null before the first one and at the end
 * @param key up to which the table was looked at
 */
record ExportPosition(
        long changeId,
        long number,
        Export of,
        boolean anew,
        Pass pass,
        @Nullable String table,
        Optional<Key> key) implements SourceOffset {

    private static final String EXPORT = "export";

    /** What is told of an export, one after the other, each of all tables. */
    enum Pass {
        /** Which tables are told anew. */
        BEGIN,
        /** Before other changes, so that what has to be unique is free when another row takes it. */
        DELETE,
        WRITE,
        END
    }

    boolean isEnd() {
        return pass == Pass.END;
    }

    @Override
    public boolean hasToldAllRows() {
        return isEnd() || !anew;
    }

    @Override
    public Optional<Export> export() {
        return Optional.of(of);
    }

    ExportPosition at(Pass newPass, @Nullable String newTable, Optional<Key> newKey) {
        return new ExportPosition(changeId, number, of, anew, newPass, newTable, newKey);
    }

    ExportPosition at(long newChangeId) {
        return new ExportPosition(newChangeId, number, of, anew, pass, table, key);
    }

    @Override
    public Map<String, Object> toOffset() {
        ObjectNode export = JsonMapper.shared().createObjectNode();
        export.put("number", number);
        of.write(export);
        export.put("anew", anew).put("pass", pass.name()).put("table", table);
        export.put("key", key.map(Key::toJson).orElse(null));
        return Map.of(Position.CHANGE_ID, changeId, EXPORT, export.toString());
    }

    static Optional<ExportPosition> ofOffset(@Nullable Map<String, Object> offset) {
        if (offset == null
                || !(offset.get(Position.CHANGE_ID) instanceof Number changeId)
                || !(offset.get(EXPORT) instanceof String json)) {
            return Optional.empty();
        }
        JsonNode export = JsonMapper.shared().readTree(json);
        return Optional.of(new ExportPosition(
                changeId.longValue(),
                export.path("number").longValue(),
                Export.read(export),
                export.path("anew").booleanValue(),
                Pass.valueOf(export.path("pass").stringValue()),
                export.path("table").isNull() ? null : export.path("table").stringValue(),
                export.path("key").isNull()
                        ? Optional.empty()
                        : Optional.of(Key.parse(export.path("key").stringValue()))));
    }
}
