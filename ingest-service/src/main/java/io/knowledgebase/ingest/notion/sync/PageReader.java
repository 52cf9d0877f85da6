package io.knowledgebase.ingest.notion.sync;

import io.knowledgebase.ingest.document.Accepted;
import io.knowledgebase.ingest.document.CleanText;
import io.knowledgebase.ingest.document.Content;
import io.knowledgebase.ingest.document.Documents;
import io.knowledgebase.ingest.document.Submission;
import io.knowledgebase.ingest.notion.NotionSettings;
import io.knowledgebase.ingest.notion.PageId;
import io.knowledgebase.ingest.notion.Times;
import io.knowledgebase.ingest.notion.api.NotionClient;
import io.knowledgebase.ingest.notion.api.NotionException;
import io.knowledgebase.ingest.notion.api.NotionException.Kind;
import io.knowledgebase.ingest.notion.connection.Connections.Reader;
import io.knowledgebase.ingest.notion.render.Attachment;
import io.knowledgebase.ingest.notion.render.PageRenderer;
import io.knowledgebase.ingest.notion.render.Properties;
import io.knowledgebase.ingest.notion.render.RenderedPage;
import io.knowledgebase.schemas.DocumentId;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reads a page with all that belongs to it and hands it in as a document; a repeat finds it unchanged. */
final class PageReader {

    static final String SOURCE_TYPE = PageId.SOURCE_TYPE;

    private static final Logger LOG = LoggerFactory.getLogger(PageReader.class);
    private static final int MOST_NAMES = 10_000;
    private static final int TITLE_CHARACTERS = 1000;
    private static final int METADATA_BYTES = 16 * 1024;
    private static final int PROPERTY_CHARACTERS = 500;
    /** Of longer values a page object holds but the beginning. */
    private static final int FIRST_ITEMS = 25;

    private static final Set<String> LONG_PROPERTIES = Set.of("title", "rich_text", "people");

    private final EntityStore entities;
    private final TaskStore tasks;
    private final Relatives relatives;
    private final Ancestry ancestry;
    private final Documents documents;
    private final PageFiles files;
    private final NotionSettings settings;
    private final MeterRegistry meters;
    private final Clock clock;
    private final Map<String, String> userNames = new ConcurrentHashMap<>();

    PageReader(
            EntityStore entities,
            TaskStore tasks,
            Relatives relatives,
            Documents documents,
            PageFiles files,
            NotionSettings settings,
            MeterRegistry meters,
            Clock clock) {
        this.entities = entities;
        this.relatives = relatives;
        this.ancestry = new Ancestry(entities, tasks);
        this.tasks = tasks;
        this.documents = documents;
        this.files = files;
        this.settings = settings;
        this.meters = meters;
        this.clock = clock;
    }

    /**
     * Reads a page.
     *
     * @param unlisted whether a listing has shown that it is not there
     * @param eventTime of the event that asked for it, if one did
     * @param requireHeld called before anything is changed; throws if another process may do so now
     * @throws NotionException if it cannot be read now
     */
    Outcome read(
            UUID connectionId,
            Reader reader,
            UUID pageId,
            boolean unlisted,
            @Nullable Instant eventTime,
            Runnable requireHeld) {
        Instant readAt = clock.instant();
        Optional<Entity> known = entities.find(connectionId, pageId);
        JsonNode page;
        try {
            page = reader.client().page(pageId.toString());
        } catch (NotionException e) {
            if (e.kind() != Kind.NOT_FOUND) {
                throw e;
            }
            requireHeld.run();
            return outOfSight(connectionId, reader, known, unlisted);
        }
        Ancestry.Place place = ancestry.of(connectionId, reader.client(), page);
        if (Trash.holds(page) || place.gone()) {
            requireHeld.run();
            return remove(connectionId, reader.userId(), pageId, known);
        }
        JsonNode whole = withLongProperties(reader.client(), page);
        String title = CleanText.of(Properties.title(whole));
        RenderedPage rendered = PageRenderer.render(
                pageId.toString(),
                Properties.values(whole),
                (blockId, each) -> children(reader.client(), pageId.toString(), blockId, each),
                comments(connectionId, reader, pageId),
                settings.maxBlocks());
        rendered.skipped()
                .forEach((type, count) ->
                        meters.counter("kb.notion.blocks.skipped", "type", type).increment(count));
        requireHeld.run();
        entities.announce(connectionId, pageId); // before its document: what is known is found when it goes
        Accepted accepted = documents
                .accept(List.of(submission(reader, pageId, whole, title, place, rendered)))
                .get(0);
        Entity now = new Entity(
                pageId,
                EntityKind.PAGE,
                place.parentId(),
                title,
                place.path(),
                Times.parse(whole.path("last_edited_time").asString("")),
                readAt,
                false,
                false);
        tasks.atomically(() -> {
            entities.save(connectionId, now, JsonMapper.shared().writeValueAsString(rendered.skipped()), null);
            relatives.ask(connectionId, known, now);
            if (eventTime != null && !accepted.unchanged()) {
                entities.await(connectionId, pageId, accepted.documentId(), accepted.version(), eventTime);
            }
            return now;
        });
        List<Attachment> attachments = new ArrayList<>(rendered.attachments());
        attachments.addAll(Properties.attachments(whole));
        files.update(connectionId, reader, now, whole.path("url").asString(""), attachments);
        LOG.info(
                "event=notion-read connectionId={} pageId={} unchanged={} blocks={} skipped={}",
                connectionId,
                pageId,
                accepted.unchanged(),
                rendered.blocks(),
                rendered.skipped());
        return accepted.unchanged() ? Outcome.UNCHANGED : Outcome.CHANGED;
    }

    /** Not found may mean not any more, or not for a moment: what is known goes only if a listing lacks it too. */
    private Outcome outOfSight(UUID connectionId, Reader reader, Optional<Entity> known, boolean unlisted) {
        if (known.isEmpty() || known.get().gone()) {
            return Outcome.ABSENT;
        }
        if (unlisted) {
            return remove(connectionId, reader.userId(), known.get().entityId(), known);
        }
        entities.markOutOfSight(connectionId, known.get().entityId());
        return Outcome.OUT_OF_SIGHT;
    }

    private Outcome remove(UUID connectionId, String userId, UUID pageId, Optional<Entity> known) {
        delete(connectionId, userId, pageId);
        tasks.atomically(() -> {
            entities.markGone(connectionId, pageId);
            relatives.askWithout(connectionId, pageId);
            return pageId;
        });
        if (known.isEmpty() || known.get().gone()) {
            return Outcome.ABSENT;
        }
        LOG.info("event=notion-gone connectionId={} pageId={}", connectionId, pageId);
        return Outcome.DELETED;
    }

    /** Deletes a page's document and those of its files. */
    void delete(UUID connectionId, String userId, UUID pageId) {
        for (String fileId : entities.files(connectionId, pageId).keySet()) {
            files.remove(connectionId, userId, pageId, fileId);
        }
        documents.delete(userId, DocumentId.of(userId, SOURCE_TYPE, new PageId(pageId).sourceId()));
    }

    /** A page whose own blocks are not to be seen is not read at all: it would lose the text that it has. */
    private static boolean children(NotionClient client, String pageId, String blockId, Predicate<JsonNode> each) {
        try {
            client.children(blockId, each);
            return true;
        } catch (NotionException e) {
            if (!blockId.equals(pageId) && (e.kind() == Kind.NOT_FOUND || e.kind() == Kind.FORBIDDEN)) {
                return false;
            }
            throw e;
        }
    }

    private JsonNode withLongProperties(NotionClient client, JsonNode page) {
        ObjectNode whole = (ObjectNode) page.deepCopy();
        for (JsonNode property : whole.path("properties")) {
            String type = property.path("type").asString("");
            JsonNode value = property.path(type);
            if (LONG_PROPERTIES.contains(type)
                    && (value.size() >= FIRST_ITEMS || property.path("has_more").asBoolean(false))) {
                List<JsonNode> items = new ArrayList<>();
                client.property(
                        page.path("id").asString(""),
                        property.path("id").asString(""),
                        item -> items.add(item.path(type)));
                ((ObjectNode) property).putArray(type).addAll(items);
            }
        }
        return whole;
    }

    /** Without the capability to read comments there are none. */
    private List<String> comments(UUID connectionId, Reader reader, UUID pageId) {
        List<String> comments = new ArrayList<>();
        try {
            reader.client().comments(pageId.toString(), comment -> comments.add(comment(reader, comment)));
            for (UUID block : entities.commentedBlocks(connectionId, pageId)) {
                try {
                    reader.client().comments(block.toString(), comment -> comments.add(comment(reader, comment)));
                } catch (NotionException e) {
                    if (e.kind() != Kind.NOT_FOUND) {
                        throw e;
                    }
                    entities.forgetComments(connectionId, pageId, block);
                }
            }
        } catch (NotionException e) {
            if (e.kind() != Kind.FORBIDDEN && e.kind() != Kind.NOT_FOUND) {
                throw e;
            }
        }
        return comments;
    }

    private String comment(Reader reader, JsonNode comment) {
        String author = comment.path("display_name").path("resolved_name").asString("");
        String name = author.isEmpty() ? userName(reader, comment.path("created_by")) : author;
        String text = Properties.plainText(comment.path("rich_text"));
        return name.isEmpty() ? text : name + ": " + text;
    }

    /** A person's name; without the capability to read users there is none. */
    private String userName(Reader reader, JsonNode user) {
        String name = user.path("name").asString("");
        String id = user.path("id").asString("");
        if (!name.isEmpty() || id.isEmpty()) {
            return name;
        }
        // Asked again the next day; never while the map is locked, for others read it too.
        String key = reader.userId() + " " + id + " " + LocalDate.now(clock);
        String known = userNames.get(key);
        if (known != null) {
            return known;
        }
        String asked = "";
        try {
            asked = reader.client().user(id).path("name").asString("");
        } catch (NotionException e) {
            if (e.kind() != Kind.NOT_FOUND && e.kind() != Kind.FORBIDDEN) {
                throw e;
            }
        }
        if (userNames.size() >= MOST_NAMES) {
            userNames.clear();
        }
        userNames.put(key, asked);
        return asked;
    }

    private Submission submission(
            Reader reader, UUID pageId, JsonNode page, String title, Ancestry.Place place, RenderedPage rendered) {
        String shown = title.isEmpty() ? "Untitled" : title;
        // A page without text is found by its title.
        String text = rendered.markdown().isBlank() ? "# " + shown + "\n" : rendered.markdown();
        String cut = CleanText.of(shown.substring(
                0, shown.offsetByCodePoints(0, Math.min(shown.codePointCount(0, shown.length()), TITLE_CHARACTERS))));
        return new Submission(
                reader.userId(),
                SOURCE_TYPE,
                new PageId(pageId).sourceId(),
                null,
                "text/markdown",
                cut,
                page.path("url").asString(null),
                metadata(reader, page, place),
                Content.of(CleanText.of(text).getBytes(StandardCharsets.UTF_8)));
    }

    private String metadata(Reader reader, JsonNode page, Ancestry.Place place) {
        ObjectNode metadata = JsonMapper.shared().createObjectNode();
        Set<String> authors = new LinkedHashSet<>();
        for (String role : List.of("created_by", "last_edited_by")) {
            String name = userName(reader, page.path(role));
            if (!name.isEmpty()) {
                authors.add(name);
            }
        }
        put(metadata, "workspace", reader.workspaceName());
        put(metadata, "path", place.path());
        put(metadata, "author", String.join(", ", authors));
        put(metadata, "created", page.path("created_time").asString(""));
        put(metadata, "modified", page.path("last_edited_time").asString(""));
        ObjectNode properties = JsonMapper.shared().createObjectNode();
        Map<String, String> values = new LinkedHashMap<>(Properties.values(page));
        values.forEach((name, value) -> put(
                properties,
                name,
                value.length() > PROPERTY_CHARACTERS ? value.substring(0, PROPERTY_CHARACTERS) : value));
        if (!properties.isEmpty()) {
            metadata.set("properties", properties);
        }
        String json = JsonMapper.shared().writeValueAsString(metadata);
        if (json.getBytes(StandardCharsets.UTF_8).length > METADATA_BYTES) {
            metadata.remove("properties"); // they are in the text
            json = JsonMapper.shared().writeValueAsString(metadata);
        }
        return json;
    }

    private static void put(ObjectNode object, String name, String value) {
        if (!value.isEmpty()) {
            object.put(CleanText.of(name), CleanText.of(value));
        }
    }
}
