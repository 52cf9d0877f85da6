package io.knowledgebase.ingest.notion.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.schemas.database.Lease;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What tasks, runs and entities say in PostgreSQL; each test has a connection of its own. */
class StoresIT {

    private static Stores stores;
    private static JdbcClient jdbc;
    private static TaskStore tasks;
    private static RunStore runs;
    private static EntityStore entities;

    private final UUID connection = UUID.randomUUID();
    private final UUID workspace = UUID.randomUUID();
    private final String user = "user-" + connection;

    @BeforeAll
    static void migrate() throws Exception {
        stores = new Stores("notion_stores");
        jdbc = stores.jdbc;
        tasks = stores.tasks;
        runs = stores.runs;
        entities = stores.entities;
    }

    @AfterAll
    static void close() {
        stores.close();
    }

    @BeforeEach
    void connect() {
        stores.connect(connection, user, workspace);
    }

    @Test
    void whatIsUrgentGoesFirstAndNeverTakesAllTurns() {
        List<UUID> urgent = uuids(20);
        UUID patient = UUID.randomUUID();
        tasks.ask(connection, EntityKind.PAGE, List.of(patient));
        Run named = stores.begin(connection, user, Run.Kind.PAGES, urgent);
        runs.listed(named, 20, 0, List.of(), () -> tasks.ask(named, urgent, false));
        Desk desk = new Desk(connection, new Lease(jdbc, "l", "h", Duration.ofMinutes(1)), tasks);

        List<UUID> taken = IntStream.range(0, 5)
                .mapToObj(turn -> desk.take().orElseThrow().entityId())
                .toList();

        assertThat(taken.subList(0, 4)).isSubsetOf(urgent);
        assertThat(taken.get(4)).isEqualTo(patient);
    }

    @Test
    void burstOfEventsIsOneTaskAndWhatComesDuringItsReadingAnother() {
        UUID page = UUID.randomUUID();
        Instant first = Instant.parse("2026-11-01T10:00:00Z");
        for (int event = 49; event >= 0; event--) {
            tasks.ask(workspace, EntityKind.PAGE, page, false, first.plusSeconds(event), Duration.ZERO);
        }

        Task burst = tasks.next(connection, List.of(), true).orElseThrow();
        tasks.ask(workspace, EntityKind.PAGE, page, false, first.plusSeconds(50), Duration.ZERO);
        tasks.finish(burst, Duration.ZERO);

        assertThat(burst.eventTime()).isEqualTo(first);
        Task later = tasks.next(connection, List.of(), true).orElseThrow();
        assertThat(later.entityId()).isEqualTo(page);
        tasks.finish(later, Duration.ZERO);
        assertThat(tasks.next(connection, List.of(), true)).isEmpty();
    }

    @Test
    void asksOfTheSameThingsInAnyOrderAtOnceDoNotBlockEachOther() {
        List<UUID> pages = uuids(2_000);
        List<UUID> reversed = new ArrayList<>(pages);
        Collections.reverse(reversed);

        CompletableFuture<?>[] asks = IntStream.range(0, 20)
                .mapToObj(ask -> CompletableFuture.runAsync(
                        () -> tasks.ask(connection, EntityKind.PAGE, ask % 2 == 0 ? pages : reversed)))
                .toArray(CompletableFuture<?>[]::new);

        assertThat(CompletableFuture.allOf(asks)).succeedsWithin(Duration.ofMinutes(1));
        assertThat(jdbc.sql("select count(*) from notion_tasks where connection_id = :id")
                        .param("id", connection)
                        .query(Integer.class)
                        .single())
                .isEqualTo(2_000);
    }

    @Test
    void pageThatSeveralRunsWaitForIsCountedByEach() {
        UUID page = UUID.randomUUID();
        Run all = listed(Run.Kind.ALL, page);
        Run changes = listed(Run.Kind.CHANGES, page);
        Task task = tasks.next(connection, List.of(), true).orElseThrow();
        Run named = listed(Run.Kind.PAGES, page); // while it is being read

        List<Long> counting = tasks.finish(task, Duration.ZERO);
        counting.forEach(run -> runs.count(run, page, Outcome.CHANGED, null));

        assertThat(counting).containsExactly(all.runId(), changes.runId());
        assertThat(runs.finish(connection)).containsExactlyInAnyOrder(all.runId(), changes.runId());
        assertThat(runs.find(user, all.runId()).orElseThrow().changed()).isEqualTo(1);
        assertThat(jdbc.sql("select listed_at is not null and reconciled_at is not null from notion_connections"
                                + " where connection_id = :id")
                        .param("id", connection)
                        .query(Boolean.class)
                        .single())
                .isTrue();
        Task again = tasks.next(connection, List.of(), true).orElseThrow();
        assertThat(again.runIds()).containsExactly(named.runId());
        assertThat(tasks.finish(again, Duration.ZERO)).containsExactly(named.runId());
        assertThat(tasks.next(connection, List.of(), true)).isEmpty();
    }

    @Test
    void oldRunsAreForgotten() {
        Run old = listed(Run.Kind.ALL);
        runs.finish(connection);
        Run young = listed(Run.Kind.ALL);
        runs.finish(connection);
        jdbc.sql("update notion_runs set finished_at = now() - interval '31 days' where run_id = :run")
                .param("run", old.runId())
                .update();

        runs.forget(Duration.ofDays(30));

        assertThat(runs.list(user, 10)).extracting(Run::runId).containsExactly(young.runId());
        assertThat(jdbc.sql("select id from notion_syncs where user_id = :user")
                        .param("user", user)
                        .query(Long.class)
                        .list())
                .containsExactly(young.runId());
    }

    @Test
    void pageIsKnownBeforeItsDocumentIsAlsoWhenItComesBack() {
        UUID page = UUID.randomUUID();
        entities.announce(connection, page);
        assertThat(entities.find(connection, page)).get().satisfies(known -> {
            assertThat(known.gone()).isFalse();
            assertThat(known.isAsOf(Instant.EPOCH)).isFalse();
        });
        entities.markGone(connection, page);
        entities.announce(connection, page);
        assertThat(entities.find(connection, page))
                .get()
                .extracting(Entity::gone)
                .isEqualTo(false);
        assertThat(entities.pages(user, connection, KnownPage.State.WAITING, new UUID(0, 0), 10))
                .extracting(KnownPage::pageId)
                .containsExactly(page);
        entities.markFailing(connection, page, EntityKind.PAGE, "it is too odd");
        assertThat(entities.pages(user, connection, null, new UUID(0, 0), 10))
                .extracting(KnownPage::state)
                .containsExactly(KnownPage.State.FAILING);
        assertThat(entities.pages("somebody else", connection, null, new UUID(0, 0), 10))
                .isEmpty();
    }

    private Run listed(Run.Kind kind, UUID... pages) {
        Run run = stores.begin(connection, user, kind, List.of(pages));
        runs.listed(run, pages.length, 0, List.of(), () -> tasks.ask(run, List.of(pages), false));
        return run;
    }

    private static List<UUID> uuids(int number) {
        List<UUID> uuids = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            uuids.add(UUID.randomUUID());
        }
        return uuids;
    }
}
