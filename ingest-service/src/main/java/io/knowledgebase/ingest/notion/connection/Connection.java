package io.knowledgebase.ingest.notion.connection;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A user's connection to a workspace, without its token.
 *
 * @param detail what somebody has to do, or why it waits
 * @param pausedUntil Notion is left in peace until then
 * @param pages pages that are known and not gone
 * @param waiting what is to be read
 * @param failing pages that could not be read at the last try
 * @param reconciledAt when everything that Notion told to have changed was last looked at
 * @param listedAt when everything was last listed
 */
public record Connection(
        UUID connectionId,
        UUID workspaceId,
        String workspaceName,
        String apiVersion,
        int requestsPerMinute,
        State state,
        @Nullable String detail,
        Instant stateSince,

        @JsonFormat(shape = JsonFormat.Shape.STRING) @Nullable
        Instant pausedUntil,

        Instant createdAt,
        long pages,
        long waiting,
        long failing,
        @Nullable Instant reconciledAt,
        @Nullable Instant listedAt) {

    /** What may be expected of a connection. */
    public enum State {
        ACTIVE("active"),
        /** Its token is no longer valid: nothing is read until somebody connects again; pages stay. */
        NEEDS_ATTENTION("needs-attention"),
        /** Its pages are being removed. */
        DELETING("deleting");

        private final String code;

        State(String code) {
            this.code = code;
        }

        @JsonValue
        public String code() {
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
