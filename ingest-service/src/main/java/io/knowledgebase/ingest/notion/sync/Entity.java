package io.knowledgebase.ingest.notion.sync;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a page, data source or database.
 *
 * @param path titles of what it stands in, outermost first, joined by {@code " / "}
 * @param lastEditedTime to the minute, as Notion tells it
 * @param readAt when it was read, or found to be gone
 * @param failing whether it could not be read at the last try
 */
record Entity(
        UUID entityId,
        EntityKind kind,
        @Nullable UUID parentId,
        String title,
        String path,
        @Nullable Instant lastEditedTime,
        @Nullable Instant readAt,
        boolean gone,
        boolean failing) {

    private static final int MINUTE_AND_MARGIN_SECONDS = 70;

    /**
     * Whether it was read after its last edit. Notion tells that to the minute, so what was read within that minute may
     * have been edited again.
     */
    boolean isAsOf(@Nullable Instant lastEdited) {
        return !gone
                && !failing
                && lastEdited != null
                && lastEdited.equals(lastEditedTime)
                && readAt != null
                && readAt.isAfter(lastEdited.plusSeconds(MINUTE_AND_MARGIN_SECONDS));
    }

    boolean wentAfter(@Nullable Instant time) {
        return gone && readAt != null && time != null && readAt.isAfter(time);
    }

    /** Whether what stands in it has another path now, or is back with it. */
    boolean standsElsewhereThan(Entity now) {
        return gone || !title.equals(now.title) || !path.equals(now.path);
    }
}
