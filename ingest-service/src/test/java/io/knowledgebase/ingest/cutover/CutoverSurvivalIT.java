package io.knowledgebase.ingest.cutover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.ingest.IngestService;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The service is killed again and again while rows are read, while changes follow and while the move is completed. */
class CutoverSurvivalIT {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String OPERATOR = "operator";
    private static final int USERS = 10_000;

    @TempDir
    Path folder;

    @Test
    void killedServiceLosesAndDoublesNothing() throws Exception {
        try (LegacyApplication legacy = new LegacyApplication(folder.resolve("chat_history.db"));
                IngestService service =
                        IngestService.startProcess("cutover_survival", 256, "kb.notion.keys=" + "5a".repeat(32))) {
            legacy.create();
            legacy.execute("with recursive n(i) as (select 1 union all select i + 1 from n where i < " + USERS + ")"
                    + " insert into users (id, user_id, email, notion_token) select i, 'user-' || i, i || '@example.org',"
                    + " 'token-' || i from n");
            post(service, "start", "{\"sqlite\": \"" + legacy.file() + "\"}");
            AtomicBoolean writing = new AtomicBoolean(true);
            CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> write(legacy, writing));
            await().atMost(PATIENCE)
                    .until(() -> status(service).at("/tables/0/rowsRead").intValue() > 0);
            service.killAndRestart();
            await().atMost(PATIENCE).until(() -> state(service), "streaming"::equals);
            service.killAndRestart();
            long changes = status(service).at("/tables/0/changes").longValue();
            await().atMost(PATIENCE)
                    .until(() -> status(service).at("/tables/0/changes").longValue() > changes);
            writing.set(false);
            writer.join();

            post(service, "complete", "{\"force\": true}");
            await().atMost(PATIENCE).until(() -> isFenced(legacy));
            service.killAndRestart();
            await().atMost(PATIENCE).until(() -> state(service), "cut-over"::equals);

            JsonNode users = status(service).at("/verification/result/tables/0");
            assertThat(status(service).at("/verification/result/equal").booleanValue())
                    .as(status(service).toString())
                    .isTrue();
            assertThat(users.get("rows").longValue()).isEqualTo(legacy.count("select count(*) from users"));
            assertThat(service.jdbc()
                            .sql("select count(*) from users where id < 1000000000")
                            .query(Long.class)
                            .single())
                    .isEqualTo(legacy.count("select count(*) from users"));
        }
    }

    private static boolean isFenced(LegacyApplication legacy) throws SQLException {
        return legacy.count("select count(*) from sqlite_master where name like '\\_kb\\_fence%' escape '\\'") > 0;
    }

    private static void write(LegacyApplication legacy, AtomicBoolean writing) {
        Random random = new Random(6);
        while (writing.get()) {
            int id = 1 + random.nextInt(USERS * 2);
            int other = 1 + random.nextInt(USERS);
            try {
                switch (random.nextInt(4)) {
                    case 0 -> legacy.execute("delete from users where id = ?", id);
                    case 1 -> legacy.execute("update users set total_queries = ? where id = ?", other, id);
                    case 2 -> legacy.execute("update or ignore users set id = ? where id = ?", id, other);
                    default ->
                        legacy.execute(
                                "insert or replace into users (id, user_id, email) values (?, ?, ?)",
                                id,
                                "user-" + other,
                                id + "@example.org");
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static void post(IngestService service, String what, String wish) {
        service.post(OPERATOR, "/v1/cutover/" + what, wish, "kb:admin").is(202);
    }

    private static JsonNode status(IngestService service) {
        return service.get(OPERATOR, "/v1/cutover", "kb:admin").is(200).json();
    }

    private static String state(IngestService service) {
        return status(service).get("state").stringValue();
    }
}
