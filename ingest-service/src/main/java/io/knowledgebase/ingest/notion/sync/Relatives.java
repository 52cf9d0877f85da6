package io.knowledgebase.ingest.notion.sync;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Asks for what has to be read again because of something else: paths have titles in them, the trash what stands in it. */
final class Relatives {

    private final EntityStore entities;
    private final TaskStore tasks;

    Relatives(EntityStore entities, TaskStore tasks) {
        this.entities = entities;
        this.tasks = tasks;
    }

    /** After something was read and saved. */
    void ask(UUID connectionId, Optional<Entity> before, Entity now) {
        List<Entity> children = entities.children(connectionId, now.entityId());
        if (before.isEmpty()) {
            // What was taken for gone with it; the others have read its title themselves.
            tasks.askAll(connectionId, children.stream().filter(Entity::gone).toList());
        } else if (before.get().standsElsewhereThan(now)) {
            tasks.askAll(connectionId, children);
        }
        if (now.parentId() == null) {
            return;
        }
        Optional<Entity> parent = entities.find(connectionId, now.parentId());
        if (parent.isPresent() && parent.get().wentAfter(now.readAt())) {
            tasks.askAll(connectionId, List.of(now)); // while this was being read
        } else if (before.isPresent() && !before.get().title().equals(now.title())) {
            parent.filter(above -> above.kind() == EntityKind.PAGE) // which names it
                    .ifPresent(above -> tasks.askAll(connectionId, List.of(above)));
        }
    }

    /** After something went. */
    void askWithout(UUID connectionId, UUID gone) {
        tasks.askAll(
                connectionId,
                entities.children(connectionId, gone).stream()
                        .filter(child -> !child.gone())
                        .toList());
    }
}
