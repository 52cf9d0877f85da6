package io.knowledgebase.ingest.cutover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.ingest.IngestService;
import io.knowledgebase.local.servers.KafkaBroker;
import io.knowledgebase.local.servers.PostgresCluster;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The service, Kafka and PostgreSQL are killed at random while rows are read, while changes follow, while the move is
 * completed, while PostgreSQL is written to and while it is rolled back; people never stop writing. More often with
 * {@code -Dkb.cutover.kills=20}.
 */
class CutoverSurvivalIT {

    private static final int KILLS = Integer.getInteger("kb.cutover.kills", 5);
    private static final long SEED = Long.getLong("kb.cutover.seed", 6);
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final String DATABASE = "cutover_survival";
    private static final int USERS = 500 * KILLS;
    private static final List<String> PHASES =
            List.of("reading", "following", "completing", "on PostgreSQL", "going back");

    @TempDir
    Path folder;

    private final Random random = new Random(SEED);
    private final PostgresCluster postgres = PostgresCluster.inTestFolder().start();
    private final KafkaBroker kafka = KafkaBroker.inTestFolder().start();
    private final List<String> killed = new ArrayList<>();
    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    private final Set<String> begun = ConcurrentHashMap.newKeySet();
    private final AtomicInteger messages = new AtomicInteger();
    private IngestService service;

    @Test
    void whateverIsKilledNothingIsLostOrDoubledOnTheWayThereAndBack() throws Exception {
        try (postgres;
                kafka;
                LegacyApplication legacy = new LegacyApplication(folder.resolve("chat_history.db"));
                IngestService started = IngestService.startProcess(
                        postgres, DATABASE, kafka, 256, "kb.notion.keys=" + "5a".repeat(32))) {
            service = started;
            legacy.create();
            legacy.execute("with recursive n(i) as (select 1 union all select i + 1 from n where i < " + USERS + ")"
                    + " insert into users (id, user_id, email, notion_token) select i, 'user-' || i, i || '@example.org',"
                    + " 'token-' || i from n");
            post("start", "{\"sqlite\": \"" + legacy.file() + "\"}");
            CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> writeToFile(legacy));
            killIn("reading");
            awaitState("streaming");
            killIn("following");
            post("complete", "{\"force\": true}"); // although nothing was compared; it is compared on the way
            killIn("completing");
            awaitState("cut-over");
            writer.join();
            assertEqual();

            CompletableFuture<Void> other = CompletableFuture.runAsync(this::writeToPostgres);
            killIn("on PostgreSQL");
            long known = messages.get();
            await().atMost(PATIENCE).until(() -> messages.get() > known + 500);
            post("rollback", "{}");
            killIn("going back");
            awaitState("rolled-back");
            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> status().get("wish").isNull());
            other.join();
            assertEqual();
            List<String> arrived = legacy.texts("select content from chat_messages");
            assertThat(arrived).doesNotHaveDuplicates().containsAll(acknowledged);
            assertThat(begun).containsAll(arrived);
            legacy.user(USERS * 3);
            System.out.printf(
                    "%d messages acknowledged, there and back; killed: %s; lost 0, doubled 0%n",
                    acknowledged.size(), killed);
        }
    }

    private void killIn(String phase) throws Exception {
        int phases = PHASES.size();
        int kills = KILLS / phases + (PHASES.indexOf(phase) < KILLS % phases ? 1 : 0);
        for (int kill = 0; kill < kills; kill++) {
            TimeUnit.MILLISECONDS.sleep(random.nextInt(3_000)); // at any moment
            switch ((killed.size() + (int) SEED) % 3) {
                case 0 -> {
                    killed.add("service while " + phase);
                    service.killAndRestart();
                }
                case 1 -> {
                    killed.add("PostgreSQL while " + phase);
                    postgres.kill();
                    postgres.start();
                }
                default -> {
                    killed.add("Kafka while " + phase);
                    kafka.kill();
                    kafka.start();
                }
            }
        }
    }

    private void assertEqual() {
        JsonNode verification = status().get("verification");
        assertThat(verification.at("/result/equal").booleanValue())
                .as(status().toString())
                .isTrue();
    }

    private void writeToFile(LegacyApplication legacy) {
        Random choice = new Random(SEED);
        while (true) {
            int id = 1 + choice.nextInt(USERS * 2);
            int other = 1 + choice.nextInt(USERS);
            try {
                switch (choice.nextInt(5)) {
                    case 0 -> legacy.execute("delete from users where id = ?", id);
                    case 1 -> legacy.execute("update users set total_queries = ? where id = ?", other, id);
                    case 2 -> legacy.execute("update or ignore users set id = ? where id = ?", id, other);
                    case 3 ->
                        legacy.execute(
                                "insert or replace into users (id, user_id, email) values (?, ?, ?)",
                                id,
                                "user-" + other,
                                id + "@example.org");
                    default -> {
                        String content = "to SQLite " + messages.incrementAndGet();
                        begun.add(content);
                        legacy.execute("insert into chat_messages (session_id, content) values (null, ?)", content);
                        acknowledged.add(content);
                    }
                }
            } catch (SQLException e) {
                assertThat(e.getMessage()).contains("has moved to PostgreSQL");
                return;
            }
        }
    }

    private void writeToPostgres() {
        Random choice = new Random(SEED);
        while (true) {
            try (Connection connection = postgres.connect(DATABASE)) {
                while (true) {
                    int id = 1 + choice.nextInt(USERS * 2);
                    int other = 1 + choice.nextInt(USERS);
                    pause(1); // or going back takes as long as they write
                    switch (choice.nextInt(5)) {
                        case 0 -> execute(connection, "delete from users where id = ?", id);
                        case 1 -> execute(connection, "update users set total_queries = ? where id = ?", other, id);
                        case 2 ->
                            execute(
                                    connection,
                                    "update users set id = ? where id = ? and not exists (select from users where id = ?)",
                                    id,
                                    other,
                                    id);
                        case 3 ->
                            execute(
                                    connection,
                                    "with gone as (update users set email = null where email = ?)"
                                            + " update users set email = null where id = ?",
                                    id + "@example.org",
                                    other);
                        default -> {
                            String content = "to PostgreSQL " + messages.incrementAndGet();
                            begun.add(content);
                            execute(connection, "insert into chat_messages (content) values (?)", content);
                            acknowledged.add(content);
                        }
                    }
                }
            } catch (SQLException e) {
                if (String.valueOf(e.getMessage()).contains("is in its SQLite file")) {
                    return;
                }
                pause(100); // it is away
            }
        }
    }

    private static void pause(int milliseconds) {
        try {
            TimeUnit.MILLISECONDS.sleep(milliseconds);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void execute(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            statement.execute();
        }
    }

    private void post(String what, String wish) {
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> new Move(service).post(what, wish).status() == 202);
    }

    private JsonNode status() {
        return new Move(service).status();
    }

    private void awaitState(String state) {
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> status().get("state").stringValue(), state::equals);
    }
}
