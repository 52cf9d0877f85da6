package io.knowledgebase.ingest.notion.sync;

import io.knowledgebase.ingest.document.CleanText;
import io.knowledgebase.ingest.notion.api.NotionClient;
import io.knowledgebase.ingest.notion.api.NotionException;
import io.knowledgebase.ingest.notion.render.Properties;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Finds what a page stands in: as far as the connection may see it. */
final class Ancestry {

    private static final int HIGHEST = 50;

    private final EntityStore entities;
    private final TaskStore tasks;

    Ancestry(EntityStore entities, TaskStore tasks) {
        this.entities = entities;
        this.tasks = tasks;
    }

    /**
     * Where something stands.
     *
     * @param parentId the nearest page, data source or database
     * @param path titles, outermost first; empty at the top
     * @param gone whether something above it is in the trash, and so it is too
     */
    record Place(@Nullable UUID parentId, String path, boolean gone) {}

    Place of(UUID connectionId, NotionClient client, JsonNode entity) {
        Deque<String> titles = new ArrayDeque<>();
        Set<String> seen = new HashSet<>();
        String own =
                "data_source".equals(entity.path("object").asString("")) ? CleanText.of(Properties.title(entity)) : "";
        UUID nearest = null;
        JsonNode parent = entity.path("parent");
        for (int height = 0; height < HIGHEST; height++) {
            String type = parent.path("type").asString("");
            String id = parent.path(type).asString("");
            if (id.isEmpty() || !seen.add(id) || "workspace".equals(type)) {
                break;
            }
            JsonNode above;
            Optional<Entity> known = Optional.empty();
            try {
                UUID uuid = UUID.fromString(id);
                if (!"block_id".equals(type)) {
                    nearest = nearest == null ? uuid : nearest;
                    known = entities.find(connectionId, uuid).filter(e -> e.readAt() != null);
                    if (known.isPresent() && !known.get().gone()) {
                        titles.addFirst(join(known.get().path(), known.get().title()));
                        return new Place(nearest, path(titles), false);
                    }
                }
                above = switch (type) {
                    case "page_id" -> client.page(id);
                    case "database_id" -> client.database(id);
                    case "data_source_id" -> client.dataSource(id);
                    default -> client.block(id);
                };
            } catch (IllegalArgumentException e) {
                break; // no id
            } catch (NotionException e) {
                if (e.kind() == NotionException.Kind.NOT_FOUND || e.kind() == NotionException.Kind.FORBIDDEN) {
                    break; // shared without what it stands in
                }
                throw e;
            }
            if (Trash.holds(above)) {
                return new Place(nearest, path(titles), true);
            }
            known.ifPresent(back -> tasks.askAll(connectionId, List.of(back))); // nobody has told that it is
            String title = CleanText.of(Properties.title(above));
            // A database and its only data source have the same one.
            boolean said = "database_id".equals(type) && title.equals(titles.isEmpty() ? own : titles.peekFirst());
            if (!"block_id".equals(type) && !said) {
                titles.addFirst(title);
            }
            parent = above.path("parent");
        }
        return new Place(nearest, path(titles), false);
    }

    /** The path of what stands in something with this path and title. */
    static String join(String path, String title) {
        return path.isEmpty() ? title : title.isEmpty() ? path : path + " / " + title;
    }

    private static String path(Deque<String> titles) {
        titles.removeIf(String::isEmpty);
        return String.join(" / ", titles);
    }
}
