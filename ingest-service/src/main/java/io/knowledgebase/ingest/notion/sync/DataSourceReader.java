package io.knowledgebase.ingest.notion.sync;

import io.knowledgebase.ingest.document.CleanText;
import io.knowledgebase.ingest.notion.Times;
import io.knowledgebase.ingest.notion.api.NotionClient;
import io.knowledgebase.ingest.notion.api.NotionException;
import io.knowledgebase.ingest.notion.connection.Connections.Reader;
import io.knowledgebase.ingest.notion.render.Properties;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads what data sources and databases are called and where they stand, and lists their rows, which are pages. */
final class DataSourceReader {

    private static final int QUERY_ROWS = 10_000;

    private final EntityStore entities;
    private final TaskStore tasks;
    private final Relatives relatives;
    private final Ancestry ancestry;
    private final Clock clock;

    DataSourceReader(EntityStore entities, TaskStore tasks, Relatives relatives, Clock clock) {
        this.entities = entities;
        this.tasks = tasks;
        this.relatives = relatives;
        this.ancestry = new Ancestry(entities, tasks);
        this.clock = clock;
    }

    /** Reads a data source or database, and asks for rows that are new or were edited; all of them if so wished. */
    Outcome read(Task task, Reader reader, Runnable requireHeld) {
        NotionClient client = reader.client();
        boolean holdsSources = task.kind() == EntityKind.DATABASE && client.hasDataSources();
        JsonNode read;
        try {
            read = holdsSources
                    ? client.database(task.entityId().toString())
                    : client.dataSource(task.entityId().toString());
        } catch (NotionException e) {
            if (e.kind() != NotionException.Kind.NOT_FOUND) {
                throw e;
            }
            requireHeld.run();
            if (task.unlisted()) {
                return gone(task);
            }
            entities.markOutOfSight(task.connectionId(), task.entityId());
            return Outcome.OUT_OF_SIGHT;
        }
        requireHeld.run();
        if (!save(task.connectionId(), client, task.kind(), read)) {
            return gone(task);
        }
        if (holdsSources) {
            List<UUID> sources = read.path("data_sources").values().stream()
                    .map(source -> UUID.fromString(source.path("id").asString("")))
                    .toList();
            if (task.whole()) {
                tasks.askWhole(task.connectionId(), sources);
            } else {
                tasks.ask(task.connectionId(), EntityKind.DATA_SOURCE, sources);
            }
            return Outcome.UNCHANGED;
        }
        Set<UUID> toRead = new HashSet<>();
        if (task.whole()) {
            toRead.addAll(list(client, task.entityId()).rows().keySet());
        } else {
            // Last edited first: what is older than one that is known was seen before.
            client.rowsByEdit(task.entityId().toString(), row -> {
                UUID id = UUID.fromString(row.path("id").asString(""));
                Instant edited = Times.parse(row.path("last_edited_time").asString(""));
                boolean known = entities.find(task.connectionId(), id)
                        .filter(entity -> entity.isAsOf(edited))
                        .isPresent();
                if (!known) {
                    toRead.add(id);
                }
                return !known;
            });
        }
        tasks.ask(task.connectionId(), EntityKind.PAGE, toRead);
        return Outcome.CHANGED;
    }

    /**
     * Keeps what was read and asks for what stands in it if that has another path now, and for all rows if they have
     * other names for their values now, because they are not edited by that.
     *
     * @return false if it is in the trash, or what it stands in
     */
    boolean save(UUID connectionId, NotionClient client, EntityKind kind, JsonNode read) {
        Ancestry.Place place = ancestry.of(connectionId, client, read);
        if (Trash.holds(read) || place.gone()) {
            return false;
        }
        UUID id = UUID.fromString(read.path("id").asString(""));
        Optional<Entity> before = entities.find(connectionId, id);
        Entity now = new Entity(
                id,
                kind,
                place.parentId(),
                CleanText.of(Properties.title(read)),
                place.path(),
                Times.parse(read.path("last_edited_time").asString("")),
                clock.instant(),
                false,
                false);
        Optional<String> schemaBefore = entities.schemaDigest(connectionId, id);
        String schema = schema(read);
        tasks.atomically(() -> {
            entities.save(connectionId, now, "{}", schema);
            relatives.ask(connectionId, before, now);
            if (schemaBefore.filter(digest -> !digest.equals(schema)).isPresent()) {
                tasks.askWhole(connectionId, List.of(id));
            }
            return now;
        });
        return true;
    }

    /** Of the names, ids and types of the properties. */
    private static String schema(JsonNode read) {
        StringBuilder schema = new StringBuilder();
        read.path("properties")
                .properties()
                .forEach(property -> schema.append(property.getKey())
                        .append('\n')
                        .append(property.getValue().path("id").asString(""))
                        .append('\n')
                        .append(property.getValue().path("type").asString(""))
                        .append('\n'));
        return UUID.nameUUIDFromBytes(schema.toString().getBytes(StandardCharsets.UTF_8))
                .toString();
    }

    private Outcome gone(Task task) {
        return tasks.atomically(() -> {
            entities.markGone(task.connectionId(), task.entityId());
            relatives.askWithout(task.connectionId(), task.entityId());
            return Outcome.DELETED;
        });
    }

    /**
     * The rows of a data source with the times of their last edits.
     *
     * @param failure why they are not all; null if they are
     */
    record Listing(Map<UUID, Instant> rows, @Nullable String failure) {}

    /**
     * Lists all rows. Notion ends a query at 10,000 rows; the next one begins with the minute in which the last row was
     * created.
     */
    static Listing list(NotionClient client, UUID dataSourceId) {
        Map<UUID, Instant> rows = new HashMap<>();
        Instant since = null;
        while (true) {
            int before = rows.size();
            int[] seen = {0};
            AtomicReference<@Nullable Instant> lastCreated = new AtomicReference<>();
            client.rows(dataSourceId.toString(), since, row -> {
                Instant edited = Times.parse(row.path("last_edited_time").asString(""));
                rows.put(UUID.fromString(row.path("id").asString("")), edited == null ? Instant.EPOCH : edited);
                lastCreated.set(Times.parse(row.path("created_time").asString("")));
                seen[0]++;
                return true;
            });
            Instant last = lastCreated.get();
            if (seen[0] < QUERY_ROWS || last == null) {
                return new Listing(rows, null);
            }
            if (rows.size() == before || last.equals(since)) {
                return new Listing(
                        rows,
                        "data source " + dataSourceId + " has more rows created in the minute of " + last
                                + " than Notion lists");
            }
            since = last;
        }
    }
}
