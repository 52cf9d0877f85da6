package io.knowledgebase.ingest.cutover.inspect;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was found in a file.
 *
 * @param sqlite the file
 * @param journalMode in {@code delete} mode readers hold writers up, so ranges are short
 * @param sqliteVersion of the library that wrote it last; empty if nobody has
 * @param captured whether triggers of a capture are there already
 * @param otherTables that are not migrated
 * @param unmapped a mapping of what is not migrated and could be, types by table and column
 */
public record Report(
        String sqlite,
        String journalMode,
        String sqliteVersion,
        boolean captured,
        List<Table> tables,
        List<OtherTable> otherTables,
        Map<String, Map<String, String>> unmapped) {

    /**
     * A table of the application.
     *
     * @param present a table that is not there is left out
     * @param missingColumns that will be null
     * @param extraColumns that are not migrated
     * @param otherTypes columns that are declared as another type than the application declares
     * @param inOrder whether the columns stand in the application's order; they are read by name
     * @param triggers of the application's own
     * @param uncaptured whether a capture has triggers in the file, but none here
     */
    public record Table(
            String table,
            boolean present,
            long rows,
            List<String> missingColumns,
            List<String> extraColumns,
            List<OtherType> otherTypes,
            boolean inOrder,
            List<String> triggers,
            boolean uncaptured,
            List<Hazard> hazards) {

        static Table absent(String table) {
            return new Table(table, false, 0, List.of(), List.of(), List.of(), true, List.of(), false, List.of());
        }
    }

    /** A declared type that is not the expected one. */
    public record OtherType(String column, String declared, String expected) {}

    /**
     * A table that is not the application's.
     *
     * @param rows null if only a module of SQLite could tell
     */
    public record OtherTable(String table, @Nullable Long rows) {}

    /**
     * Something that goes wrong in naive moves.
     *
     * @param rows how many have it
     * @param examples ids of some of them
     */
    public record Hazard(String kind, String column, Effect effect, long rows, List<Long> examples) {}

    /** What will happen with a row. */
    public enum Effect {
        /** Something is taken out of a value; the original is kept aside. */
        CONVERTED("converted"),
        /** It is moved with its oddity. */
        AS_IT_IS("as-it-is"),
        /** It is kept aside, counted and listed, until it fits. */
        QUARANTINED("quarantined");

        private final String code;

        Effect(String code) {
            this.code = code;
        }

        @JsonValue
        public String code() {
            return code;
        }
    }
}
