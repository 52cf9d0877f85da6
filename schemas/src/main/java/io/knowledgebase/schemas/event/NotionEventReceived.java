package io.knowledgebase.schemas.event;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Notion told that something changed; what, has to be read from it. Topic {@link Topics#NOTION_EVENTS}, key the entity's
 * id, schema {@code events/kb.notion.event-received.v1.json}. The names are Notion's, because the event is the body of
 * its webhook as it came; these are the fields that are used.
 *
 * @param id the same for every attempt to deliver it
 * @param timestamp of the change
 * @param type as in {@code page.content_updated}; unknown ones come with new versions of Notion
 */
public record NotionEventReceived(
        UUID id,
        Instant timestamp,
        @JsonProperty("workspace_id") UUID workspaceId,
        @JsonProperty("subscription_id") UUID subscriptionId,
        String type,
        Entity entity,
        @Nullable Data data) {

    public NotionEventReceived {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(timestamp, "timestamp");
        Objects.requireNonNull(workspaceId, "workspace_id");
        Objects.requireNonNull(subscriptionId, "subscription_id");
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(entity, "entity");
        if (timestamp.isBefore(EARLIEST) || timestamp.isAfter(LATEST)) {
            throw new IllegalArgumentException("timestamp");
        }
    }

    private static final Instant EARLIEST = Instant.parse("2000-01-01T00:00:00Z");
    private static final Instant LATEST = Instant.parse("2200-01-01T00:00:00Z");

    /**
     * What changed.
     *
     * @param type as in {@code page} or {@code data_source}
     */
    public record Entity(UUID id, String type) {

        public Entity {
            Objects.requireNonNull(id, "entity.id");
            Objects.requireNonNull(type, "entity.type");
        }
    }

    /** What is said about the change; a comment names its page. */
    public record Data(
            @JsonProperty("page_id") @Nullable UUID pageId,
            @Nullable Parent parent) {}

    /** What the entity stands in, as in {@code page} or {@code block}. */
    public record Parent(@Nullable String id, @Nullable String type) {}
}
