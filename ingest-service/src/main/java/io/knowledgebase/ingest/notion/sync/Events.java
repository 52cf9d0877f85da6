package io.knowledgebase.ingest.notion.sync;

import io.knowledgebase.schemas.event.NotionEventReceived;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Turns events into tasks. A repeated one does nothing, and the order does not matter: what is read is what is now. */
final class Events {

    private final TaskStore tasks;
    private final Duration debounce;
    private final MeterRegistry meters;

    Events(TaskStore tasks, Duration debounce, MeterRegistry meters) {
        this.tasks = tasks;
        this.debounce = debounce;
        this.meters = meters;
    }

    void take(NotionEventReceived event) {
        String outcome = tasks.atomically(() -> {
            if (!tasks.isNew(event.id())) {
                return "repeated";
            }
            Optional<Target> target = target(event);
            if (target.isEmpty()) {
                return "ignored";
            }
            UUID commentedBlock = commentedBlock(event);
            if (commentedBlock != null) {
                tasks.noteComment(event.workspaceId(), target.get().id, commentedBlock);
            }
            int connections = tasks.ask(
                    event.workspaceId(),
                    target.get().kind,
                    target.get().id,
                    "data_source.schema_updated".equals(event.type()) || "database.schema_updated".equals(event.type()),
                    event.timestamp(),
                    debounce);
            return connections == 0 ? "unknown-workspace" : "taken";
        });
        meters.counter("kb.notion.events", "outcome", outcome).increment();
    }

    /** What has to be read; empty for what changes no text, and for what is not known yet. */
    private static Optional<Target> target(NotionEventReceived event) {
        String subject = event.type().replaceFirst("\\..*", "");
        return switch (subject) {
            case "page" ->
                Optional.of(new Target(EntityKind.PAGE, event.entity().id()));
            case "database" ->
                Optional.of(new Target(EntityKind.DATABASE, event.entity().id()));
            case "data_source" ->
                Optional.of(new Target(EntityKind.DATA_SOURCE, event.entity().id()));
            case "comment" ->
                Optional.ofNullable(event.data())
                        .map(NotionEventReceived.Data::pageId)
                        .map(page -> new Target(EntityKind.PAGE, page));
            default -> Optional.empty();
        };
    }

    private static @Nullable UUID commentedBlock(NotionEventReceived event) {
        NotionEventReceived.Parent parent =
                event.data() == null ? null : event.data().parent();
        if (!event.type().startsWith("comment.") || parent == null || !"block".equals(parent.type())) {
            return null;
        }
        try {
            return UUID.fromString(String.valueOf(parent.id()));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private record Target(EntityKind kind, UUID id) {}
}
