package io.knowledgebase.ingest.notion.sync;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A page of a connection as its user is told of it.
 *
 * @param path titles of what it stands in, outermost first, joined by {@code " / "}
 * @param lastEditedTime to the minute, as Notion tells it
 * @param readAt when it was last read; null before the first time
 * @param detail why its text may not be what Notion has
 * @param skippedBlocks how many blocks were left out, by type
 */
record KnownPage(
        UUID pageId,
        UUID documentId,
        String title,
        String path,
        @Nullable Instant lastEditedTime,
        @Nullable Instant readAt,
        State state,
        @Nullable String detail,
        @JsonRawValue String skippedBlocks) {

    /** How far its text is Notion's. */
    enum State {
        CURRENT("current"),
        /** It is to be read. */
        WAITING("waiting"),
        /** It could not be read at the last try, and is tried again. */
        FAILING("failing"),
        /** It was not found; a listing decides whether it is gone. */
        OUT_OF_SIGHT("out-of-sight"),
        /** Its document was deleted here; the page's next change brings it back, or a sync that names it. */
        REMOVED("removed"),
        /** Its connection is not read any more. */
        STALE("stale");

        private final String code;

        State(String code) {
            this.code = code;
        }

        @JsonValue
        String code() {
            return code;
        }

        static Optional<State> of(String code) {
            return Arrays.stream(values())
                    .filter(state -> state.code.equals(code))
                    .findFirst();
        }
    }
}
