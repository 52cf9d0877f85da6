package io.knowledgebase.ingest.notion.sync;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A reconciliation of a connection with its workspace; {@code expected = unchanged + changed + deleted + failed} when it
 * is done.
 *
 * @param runId the id of its row in {@code notion_syncs}
 * @param attempts listings that did not succeed
 * @param expected pages that Notion lists, and those known that it no longer lists
 * @param fetched pages that were read
 * @param unchanged pages of which nothing new was found, whether they had to be read for that or not
 * @param failures the first hundred: a page and why it could not be read
 */
record Run(
        long runId,
        UUID connectionId,
        Kind kind,
        boolean reread,
        State state,
        Instant createdAt,
        int attempts,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt,
        int expected,
        int fetched,
        int unchanged,
        int changed,
        int deleted,
        int failed,
        @JsonRawValue String failures) {

    enum Kind {
        /** Everything is listed; what is new, changed or gone is read. */
        ALL("all"),
        /** Given pages are read. */
        PAGES("pages"),
        /** What was edited since the last time is read. */
        CHANGES("changes");

        private final String code;

        Kind(String code) {
            this.code = code;
        }

        @JsonValue
        String code() {
            return code;
        }

        static Kind of(String code) {
            return Arrays.stream(values())
                    .filter(kind -> kind.code.equals(code))
                    .findFirst()
                    .orElseThrow();
        }
    }

    enum State {
        WAITING("waiting"),
        READING("reading"),
        SUCCESS("success"),
        FAILED("failed");

        private final String code;

        State(String code) {
            this.code = code;
        }

        @JsonValue
        String code() {
            return code;
        }

        static State of(String code) {
            return Arrays.stream(values())
                    .filter(state -> state.code.equals(code))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
