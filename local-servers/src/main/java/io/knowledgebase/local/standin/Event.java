package io.knowledgebase.local.standin;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened in a workspace.
 *
 * @param type as in {@code page.content_updated}
 * @param pageId of a comment
 * @param blockId of a comment on a block
 */
record Event(
        String type,
        UUID entityId,
        @Nullable UUID pageId,
        @Nullable UUID blockId,
        Instant time) {

    Event(String type, UUID entityId, Instant time) {
        this(type, entityId, null, null, time);
    }
}
