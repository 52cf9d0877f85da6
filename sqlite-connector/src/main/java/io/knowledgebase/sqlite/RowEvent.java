package io.knowledgebase.sqlite;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that is told of a table.
 *
 * @param before the row's values by the table's columns, if they are known
 * @param changeId everything up to it is in the row
 * @param committedAt ISO 8601 in UTC, if SQLite knew
 * @param position where to go on after it
 */
record RowEvent(
        Table table,
        Operation operation,
        @Nullable List<@Nullable Object> before,
        @Nullable List<@Nullable Object> after,
        long changeId,
        @Nullable String committedAt,
        SourceOffset position) {

    RowEvent at(SourceOffset newPosition) {
        return new RowEvent(table, operation, before, after, changeId, committedAt, newPosition);
    }

    /** As {@link Rows#size}. */
    long size() {
        return (before == null ? 0 : Rows.size(before)) + (after == null ? 0 : Rows.size(after));
    }

    /** As Debezium writes them. */
    enum Operation {
        READ("r"),
        CREATE("c"),
        UPDATE("u"),
        DELETE("d"),
        /** What was told of the table before is void: all rows follow. Each table begins with it. */
        TRUNCATE("t");

        private final String code;

        Operation(String code) {
            this.code = code;
        }

        String code() {
            return code;
        }

        static Operation of(String code) {
            return Arrays.stream(values())
                    .filter(operation -> operation.code.equals(code))
                    .findFirst()
                    .orElseThrow(() -> new CaptureException("the log has an operation " + code));
        }
    }
}
