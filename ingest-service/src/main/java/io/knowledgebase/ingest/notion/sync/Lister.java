package io.knowledgebase.ingest.notion.sync;

import io.knowledgebase.ingest.notion.NotionSettings;
import io.knowledgebase.ingest.notion.Times;
import io.knowledgebase.ingest.notion.api.NotionClient;
import io.knowledgebase.ingest.notion.api.NotionException;
import io.knowledgebase.ingest.notion.connection.Connections.Reader;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Finds out what a run has to read. Nothing is asked for before the listing is complete, so it may be begun anew. */
final class Lister {

    /** Notion's search may lag behind its pages. */
    private static final Duration SEARCH_LAG = Duration.ofMinutes(10);

    private static final int REREAD_AT_ONCE = 200;

    private final RunStore runs;
    private final TaskStore tasks;
    private final EntityStore entities;
    private final DataSourceReader dataSources;
    private final NotionSettings settings;

    Lister(
            RunStore runs,
            TaskStore tasks,
            EntityStore entities,
            DataSourceReader dataSources,
            NotionSettings settings) {
        this.runs = runs;
        this.tasks = tasks;
        this.entities = entities;
        this.dataSources = dataSources;
        this.settings = settings;
    }

    /**
     * Lists for a run and asks for what it has to read.
     *
     * @throws NotionException if that is not possible now
     */
    void list(Run run, Reader reader) {
        switch (run.kind()) {
            case ALL -> listAll(run, reader.client());
            case CHANGES -> listChanges(run, reader.client());
            case PAGES -> throw new IllegalStateException("pages that are named need no listing");
        }
    }

    private void listAll(Run run, NotionClient client) {
        UUID connectionId = run.connectionId();
        List<String> failures = new ArrayList<>();
        Map<UUID, Instant> listed = new HashMap<>();
        client.searchPages(page -> {
            put(listed, page);
            return true;
        });
        List<JsonNode> sources = new ArrayList<>();
        client.searchDataSources(sources::add);
        Set<UUID> listedSources = new HashSet<>();
        for (JsonNode source : sources) {
            UUID id = UUID.fromString(source.path("id").asString(""));
            listedSources.add(id);
            try {
                dataSources.save(connectionId, client, EntityKind.DATA_SOURCE, source);
                DataSourceReader.Listing rows = DataSourceReader.list(client, id);
                listed.putAll(rows.rows());
                if (rows.failure() != null) {
                    failures.add(rows.failure());
                }
            } catch (NotionException e) {
                switch (e.kind()) {
                    case AWAY, BUSY, UNAUTHORIZED -> throw e;
                    default -> failures.add("data source " + id + " cannot be listed: " + e.getMessage());
                }
            }
        }
        Map<UUID, Entity> known = byId(entities.all(connectionId, EntityKind.PAGE));
        List<UUID> toRead = listed.entrySet().stream()
                .filter(page -> run.reread() || !isKnown(known.get(page.getKey()), page.getValue()))
                .map(Map.Entry::getKey)
                .toList();
        List<UUID> unlisted = known.values().stream()
                .filter(page -> !page.gone() && !listed.containsKey(page.entityId()))
                .map(Entity::entityId)
                .toList();
        List<UUID> unlistedSources = entities.all(connectionId, EntityKind.DATA_SOURCE).stream()
                .filter(source -> !source.gone() && !listedSources.contains(source.entityId()))
                .map(Entity::entityId)
                .toList();
        runs.listed(run, listed.size() + unlisted.size(), listed.size() - toRead.size(), failures, () -> {
            tasks.ask(run, toRead, false);
            tasks.ask(run, unlisted, true);
            tasks.askUnlisted(connectionId, EntityKind.DATA_SOURCE, unlistedSources);
            saveSeenUntil(connectionId, listed);
        });
    }

    private void listChanges(Run run, NotionClient client) {
        UUID connectionId = run.connectionId();
        Instant since = runs.seenUntil(connectionId).orElse(Instant.EPOCH).minus(SEARCH_LAG);
        Map<UUID, Instant> listed = new HashMap<>();
        client.searchPages(page -> put(listed, page).isAfter(since));
        Map<UUID, Instant> sources = new HashMap<>();
        client.searchDataSources(source -> put(sources, source).isAfter(since));
        Set<UUID> toRead = listed.entrySet().stream()
                .filter(page ->
                        !isKnown(entities.find(connectionId, page.getKey()).orElse(null), page.getValue()))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        int unchanged = listed.size() - toRead.size();
        entities.unsettled(connectionId).stream()
                .filter(id -> !listed.containsKey(id))
                .forEach(toRead::add);
        List<UUID> sourcesToRead = sources.entrySet().stream()
                .filter(source ->
                        !isKnown(entities.find(connectionId, source.getKey()).orElse(null), source.getValue()))
                .map(Map.Entry::getKey)
                .toList();
        runs.listed(run, unchanged + toRead.size(), unchanged, List.of(), () -> {
            tasks.ask(run, toRead, false);
            tasks.ask(connectionId, EntityKind.DATA_SOURCE, sourcesToRead);
            tasks.ask(
                    connectionId,
                    EntityKind.PAGE,
                    entities.readBefore(connectionId, settings.rereadAfter(), REREAD_AT_ONCE));
            saveSeenUntil(connectionId, listed);
        });
    }

    private void saveSeenUntil(UUID connectionId, Map<UUID, Instant> listed) {
        listed.values().stream().max(Instant::compareTo).ifPresent(last -> runs.saveSeenUntil(connectionId, last));
    }

    /** The time of the last edit, with which the entry is put down. */
    private static Instant put(Map<UUID, Instant> listed, JsonNode entry) {
        Instant edited = Times.parse(entry.path("last_edited_time").asString(""));
        Instant time = edited == null ? Instant.EPOCH : edited;
        listed.put(UUID.fromString(entry.path("id").asString("")), time);
        return time;
    }

    private static boolean isKnown(@Nullable Entity known, Instant lastEdited) {
        return known != null && known.isAsOf(lastEdited);
    }

    private static Map<UUID, Entity> byId(List<Entity> entities) {
        return entities.stream().collect(Collectors.toMap(Entity::entityId, Function.identity()));
    }
}
