package io.knowledgebase.ingest.notion.sync;

import io.knowledgebase.schemas.access.Caller;
import io.knowledgebase.schemas.problem.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Runs over HTTP, of a user's own connections. */
@RestController
@RequestMapping("/v1/notion")
final class SyncController {

    private static final int MOST_PAGES = 10_000;
    private static final int MOST_NAMED = 20;
    private static final int LARGEST_PAGE = 100;

    private final RunStore runs;
    private final TaskStore tasks;
    private final EntityStore entities;

    SyncController(RunStore runs, TaskStore tasks, EntityStore entities) {
        this.runs = runs;
        this.tasks = tasks;
        this.entities = entities;
    }

    /**
     * What is to be looked at.
     *
     * @param connectionId null for all
     * @param pageIds null for all pages
     * @param reread whether pages are read that seem unchanged
     */
    record Wish(
            @Nullable UUID connectionId,
            @Nullable List<@Nullable UUID> pageIds,
            @Nullable Boolean reread) {}

    record Page(List<Run> syncs) {}

    @PostMapping("/sync")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Page sync(Caller caller, @RequestBody(required = false) @Nullable Wish wish) {
        Wish wanted = wish == null ? new Wish(null, null, null) : wish;
        List<UUID> pageIds = pageIds(wanted.pageIds());
        List<UUID> connections = runs.connections(caller.userId(), wanted.connectionId());
        if (connections.isEmpty()) {
            throw inactive(caller.userId(), wanted.connectionId());
        }
        if (pageIds != null && connections.size() > 1) {
            throw Problem.badField("connectionId", "You have several connections: say whose pages these are.");
        }
        boolean reread = Boolean.TRUE.equals(wanted.reread());
        return new Page(
                pageIds == null
                        ? all(caller.userId(), connections, reread)
                        : List.of(named(caller.userId(), connections.get(0), reread, pageIds)));
    }

    private Problem inactive(String userId, @Nullable UUID connectionId) {
        if (connectionId == null) {
            return Problem.conflict("You have no connection to Notion that is active.");
        }
        return entities.isConnectionOf(userId, connectionId)
                ? Problem.conflict("The connection " + connectionId + " is not active. Connect again.")
                : Problem.notFound("There is no connection " + connectionId + ".");
    }

    private List<Run> all(String userId, List<UUID> connections, boolean reread) {
        List<Run> begun = new ArrayList<>();
        for (UUID connection : connections) {
            runs.add(connection, Run.Kind.ALL, reread, List.of())
                    .flatMap(run -> runs.find(userId, run))
                    .ifPresent(begun::add);
        }
        if (begun.isEmpty()) {
            throw Problem.conflict("Such a sync is under way already.");
        }
        return begun;
    }

    /** Pages that are named need no listing: they are asked for at once. */
    private Run named(String userId, UUID connectionId, boolean reread, List<UUID> pageIds) {
        if (runs.unfinishedNamed(connectionId) >= MOST_NAMED) {
            throw Problem.conflict(MOST_NAMED + " syncs of given pages are under way already.");
        }
        return tasks.atomically(() -> {
            long runId = runs.add(connectionId, Run.Kind.PAGES, reread, pageIds).orElseThrow();
            Run run = runs.find(userId, runId).orElseThrow();
            runs.listed(run, pageIds.size(), 0, List.of(), () -> tasks.ask(run, pageIds, false));
            return runs.find(userId, runId).orElseThrow();
        });
    }

    @GetMapping("/syncs")
    Page list(Caller caller, @RequestParam(defaultValue = "20") int limit) {
        if (limit < 1 || limit > LARGEST_PAGE) {
            throw Problem.badField("limit", "limit is a number from 1 to " + LARGEST_PAGE + ".");
        }
        return new Page(runs.list(caller.userId(), limit));
    }

    @GetMapping("/syncs/{runId}")
    Run one(Caller caller, @PathVariable long runId) {
        return runs.find(caller.userId(), runId).orElseThrow(() -> Problem.notFound("There is no sync " + runId + "."));
    }

    private static @Nullable List<UUID> pageIds(@Nullable List<@Nullable UUID> given) {
        if (given == null) {
            return null;
        }
        if (given.isEmpty() || given.size() > MOST_PAGES || given.stream().anyMatch(Objects::isNull)) {
            throw Problem.badField("pageIds", "pageIds are from 1 to 10,000 ids of pages.");
        }
        return given.stream().distinct().toList();
    }
}
