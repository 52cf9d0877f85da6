package io.knowledgebase.ingest.cutover;

import static io.knowledgebase.ingest.cutover.Move.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.ingest.IngestService;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore;
import io.knowledgebase.ingest.cutover.legacy.LegacySchema;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import io.knowledgebase.ingest.cutover.wayback.WayBackStore;
import io.knowledgebase.local.servers.KafkaBroker;
import io.knowledgebase.schemas.event.Topics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class CutoverIT {

    private static final String WAITING_FOR_STANDBY =
            "pg_stat_activity where wait_event = 'SyncRep' and datname = current_database()";
    private static int databases;

    @TempDir
    Path folder;

    private LegacyApplication legacy;
    private IngestService service;
    private Move move;

    @BeforeEach
    void start() throws Exception {
        legacy = new LegacyApplication(folder.resolve("chat_history.db"));
        legacy.create();
        service = IngestService.start("cutover_" + databases++, "kb.notion.keys=" + "5a".repeat(32));
        move = new Move(service);
    }

    @AfterEach
    void stop() throws Exception {
        service.close();
        legacy.close();
    }

    @Test
    void rowsAndThenEveryChangeArrive() throws Exception {
        for (int id = 1; id <= 50; id++) {
            legacy.user(id);
        }
        legacy.execute("insert into chat_sessions (id, session_id, user_id) values (1, 's1', 'user-1')");
        legacy.execute("insert into chat_messages (id, session_id, content) values (1, 'nowhere', 'an orphan')");
        begin();
        move.awaitStreaming();
        assertThat(move.status().at("/tables/0/table").stringValue()).isEqualTo("users");
        assertThat(move.status().at("/tables/0/rowsRead").intValue()).isEqualTo(50);
        assertThat(rows("users where id < 1000000000")).isEqualTo(50);
        assertThat(text("select notion_token from users where id = 7")).isEqualTo("secret-token-7");
        assertThat(text("select created_at::text from users where id = 7")).isEqualTo("2026-01-02 03:04:05.123456");
        assertThat(text("select content from chat_messages where id = 1")).isEqualTo("an orphan");

        legacy.execute("update users set email = 'new@example.org' where id = 1");
        legacy.execute("delete from users where id = 2");
        legacy.user(51);
        legacy.execute("insert or replace into users (id, user_id, email) values (60, 'user-3', 'user-4@example.org')");
        await().atMost(PATIENCE)
                .until(() -> rows("users where id < 1000000000") == 49
                        && text("select email from users where id = 1") != null);
        await().atMost(PATIENCE)
                .until(() -> text("select email from users where id = 60"), "user-4@example.org"::equals);
        assertThat(text("select email from users where id = 1")).isEqualTo("new@example.org");
        assertThat(rows("users where id in (2, 3, 4)")).isZero();
    }

    @Test
    void whatPostgresqlCannotTakeIsInQuarantineUntilItFits() throws Exception {
        legacy.user(1);
        legacy.execute("insert into users (id, user_id, created_at) values (2, 'odd', 'yesterday')");
        legacy.execute("insert into users (id, user_id, email) values (3, 'nul', 'a' || char(0) || 'b')");
        legacy.execute("insert into users (id, user_id, is_anonymous) values (4, 'maybe', 2)");
        legacy.execute("insert into users (id, user_id, email) values (5, 'blob', x'00ff')");
        legacy.execute("insert into users (id, user_id, email) values (7, 'latin-1', cast(x'6de9' as text))");
        legacy.execute("drop index ix_users_email");
        legacy.execute("insert into users (id, user_id, email) values (6, 'twin', 'user-1@example.org')");
        begin();
        move.awaitStreaming();

        assertThat(move.table("users").get("quarantined").toString())
                .isEqualTo("{\"blob\":1,\"duplicate\":1,\"not-boolean\":1,\"odd-date\":1}");
        assertThat(rows("users where id < 1000000000")).isEqualTo(3);
        assertThat(text("select email from users where id = 3")).isEqualTo("ab");
        assertThat(text("select email from users where id = 7")).isEqualTo("m\uFFFD");
        assertThat(original(3)).isEqualTo(new byte[] {'a', 0, 'b'});
        assertThat(original(7)).isEqualTo(new byte[] {'m', (byte) 0xe9});

        legacy.execute("update users set created_at = null where id = 2");
        legacy.execute("delete from users where id = 1");
        await().atMost(PATIENCE)
                .until(
                        () -> move.table("users").get("quarantined").toString(),
                        "{\"blob\":1,\"not-boolean\":1}"::equals);
        assertThat(rows("users where id in (2, 6)")).isEqualTo(2);
        legacy.execute("update users set is_anonymous = 1 where id = 7");
        await().atMost(PATIENCE).until(() -> rows("users where id = 7 and is_anonymous") == 1);
        assertThat(original(7)).isEqualTo(new byte[] {'m', (byte) 0xe9});
        assertThat(service.jdbc()
                        .sql("select string_agg(event, '') from cutover_quarantine")
                        .query(String.class)
                        .single())
                .doesNotContain("secret-token");
    }

    /** As topics of an older release have it. */
    private static void forgetTopicsSize() throws Exception {
        configure(LegacyTable.CHAT_MESSAGES, TopicConfig.MAX_MESSAGE_BYTES_CONFIG, null);
    }

    /** Sets a topic's setting, or the default with null. */
    private static void configure(LegacyTable table, String setting, @Nullable Object value) throws Exception {
        Map<String, Object> settings =
                Map.of("bootstrap.servers", KafkaBroker.forTests().bootstrapServers());
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, table.topic());
        AlterConfigOp change = value == null
                ? new AlterConfigOp(new ConfigEntry(setting, null), AlterConfigOp.OpType.DELETE)
                : new AlterConfigOp(new ConfigEntry(setting, value.toString()), AlterConfigOp.OpType.SET);
        try (Admin admin = Admin.create(settings)) {
            admin.incrementalAlterConfigs(Map.of(topic, List.of(change))).all().get();
        }
    }

    @Test
    void changeThatKafkaRefusesIsNotOvertakenByTheNextOne() throws Exception {
        begin();
        move.awaitStreaming();
        configure(LegacyTable.USAGE_LOGS, TopicConfig.MAX_MESSAGE_BYTES_CONFIG, 50_000);
        try {
            legacy.execute("insert into usage_logs (action, details) values ('large', printf('%.*c', 100000, 'x')),"
                    + " ('small', null)");
            move.awaitProblem("larger than the max message size");
            assertThat(rows("usage_logs")).isZero();
        } finally {
            configure(LegacyTable.USAGE_LOGS, TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Topics.MOST_LEGACY_BYTES);
        }
        await().atMost(PATIENCE).until(() -> rows("usage_logs") == 2);
        assertThat(move.verify().get("equal").booleanValue()).isTrue();
    }

    @Test
    void tableThatTheFileGetsMeanwhileIsNotLeftBehind() throws Exception {
        legacy.execute("drop table usage_logs");
        legacy.user(1);
        begin();
        move.awaitStreaming();
        assertThat(move.verify().get("equal").booleanValue()).isTrue();
        legacy.execute("create table usage_logs (id INTEGER PRIMARY KEY, action VARCHAR)");
        legacy.execute("insert into usage_logs (action) values ('a'), ('b')");
        move.post("complete", "{}").is(202);
        move.awaitNoWish();
        assertThat(move.status().get("state").stringValue()).isEqualTo("streaming");
        assertThat(move.status().get("history").toString()).contains("not completed: the file has usage_logs");
        legacy.execute("insert into usage_logs (action) values ('c')");
        JsonNode wanted = move.post("verifications", "{}").is(202).json();
        await().atMost(PATIENCE)
                .until(
                        () -> move.get("verifications/" + wanted.get("id"))
                                .get("failure")
                                .toString(),
                        failure -> failure.contains("the file has usage_logs"));

        move.post("complete", "{\"force\": true}").is(202);
        move.awaitState("cut-over");
        assertThat(move.status().get("history").toString()).contains("forced although the file has usage_logs");
        service.jdbc()
                .sql("insert into usage_logs (id, action) values (1, 'here'), (2, 'here')")
                .update();
        await().atMost(PATIENCE)
                .until(() -> move.status().at("/wayBack/refused").toString(), "{\"usage_logs\":2}"::equals);
        assertThat(legacy.texts("select action from usage_logs order by id")).containsExactly("a", "b", "c");
    }

    @Test
    void tableThatIsMadeAnewAfterTheCutoverIsFencedAgain() throws Exception {
        legacy.execute("insert into usage_logs (id, action) values (1, 'a')");
        begin();
        move.awaitStreaming();
        move.complete();
        legacy.execute("create table _alembic_tmp_usage_logs (id INTEGER PRIMARY KEY, user_id VARCHAR, action VARCHAR,"
                + " details TEXT, created_at DATETIME)");
        legacy.execute("insert into _alembic_tmp_usage_logs select * from usage_logs");
        legacy.execute("alter table usage_logs rename to usage_logs_before"); // with its triggers
        legacy.execute("alter table _alembic_tmp_usage_logs rename to usage_logs");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThatThrownBy(() -> legacy.execute("update usage_logs set action = 'a'"))
                        .hasMessageContaining("has moved to PostgreSQL"));
        await().atMost(PATIENCE)
                .until(() -> move.status().get("history").toString(), history -> history.contains("or made anew"));
        service.jdbc().sql("insert into usage_logs (action) values ('b')").update();
        move.rollBack();
        assertThat(legacy.texts("select action from usage_logs order by id")).containsExactly("a", "b");
        legacy.execute("insert into usage_logs (action) values ('c')");
    }

    @Test
    void logIsNotKeptForAMoveThatIsNotCompleted() throws Exception {
        legacy.user(1);
        begin();
        move.awaitStreaming();
        move.verify();
        letVerificationsAge();
        prepareTheWayBack(); // by an attempt that was interrupted
        tamper("delete from users where id = 1");
        move.post("complete", "{}").is(202);
        move.awaitNoWish();
        assertThat(move.status().get("history").toString())
                .contains("not completed: verification 2 before it did not find both sides equal");
        assertThat(rows("pg_replication_slots where slot_name like 'kb_cutover_%' and database = current_database()"))
                .isZero();
    }

    @Test
    void moveOfAFileThatLacksWhatOthersReferToBegins() throws Exception {
        legacy.user(1);
        legacy.execute("insert into chat_sessions (id, session_id, user_id) values (1, 's1', 'user-1')");
        legacy.execute("insert into chat_messages (id, session_id, content) values (1, 's1', 'hello')");
        begin();
        move.awaitStreaming();
        move.post("clean", "{}").is(202);
        await().atMost(PATIENCE).until(() -> move.status().get("sqlite").isNull());
        legacy.execute("drop table chat_sessions");
        begin();
        move.awaitStreaming();
        assertThat(rows("chat_sessions")).isZero();
        assertThat(rows("chat_messages")).isEqualTo(1);
    }

    @Test
    void applicationGoesOnAfterABrokenAttemptThatATableCameAfter() throws Exception {
        legacy.execute("drop table usage_logs");
        legacy.user(1);
        begin();
        move.awaitStreaming();
        move.verify();
        try (LegacyFileStore file = LegacyFileStore.open(legacy.file(), LegacySchema.PLAIN)) {
            file.fence(); // by a process that was killed then
        }
        legacy.execute("create table usage_logs (id INTEGER PRIMARY KEY, action VARCHAR)");
        letVerificationsAge();
        move.post("complete", "{}").is(202);
        move.awaitNoWish();
        assertThat(move.status().get("history").toString()).contains("not completed: the file has usage_logs");
        legacy.user(2);
    }

    /** So far that all rows are compared again before the application is stopped. */
    private void letVerificationsAge() {
        service.jdbc()
                .sql("update cutover_verifications set finished_at = finished_at - interval '4 minutes'")
                .update();
    }

    private void prepareTheWayBack() {
        service.jdbc().sql("select cutover_follow()").query().singleRow();
        service.jdbc()
                .sql("select pg_create_logical_replication_slot('kb_cutover_' || oid, 'pgoutput') from pg_database"
                        + " where datname = current_database()")
                .query()
                .singleRow();
    }

    private byte[] original(int id) {
        return service.jdbc()
                .sql("select original from cutover_originals where table_name = 'users' and row_id = " + id)
                .query(byte[].class)
                .single();
    }

    @Test
    void largeTextsFitIntoASmallHeapAndLargerOnesAreToldUntilTheyFit() throws Exception {
        String large = "printf('%.*c', 2500000, '€')"; // of three bytes each, and all twelve compress to nothing
        String tooLarge = "hex(randomblob(10000000))";
        legacy.execute("with recursive n(i) as (select 1 union all select i + 1 from n where i < 12)"
                + " insert into chat_messages (id, content) select i, " + large + " from n");
        legacy.execute("insert into chat_messages (id, content) values (100, " + tooLarge + ")");
        service.close();
        forgetTopicsSize();
        service = IngestService.startProcess("cutover_large", 256, "kb.notion.keys=" + "5a".repeat(32));
        move = new Move(service);
        begin();
        move.awaitStreaming();
        assertThat(rows("chat_messages where length(content) = 2500000")).isEqualTo(12);
        assertThat(move.table("chat_messages").get("quarantined").toString()).isEqualTo("{\"too-large\":1}");

        legacy.execute("update chat_messages set content = " + tooLarge + " where id = 1");
        legacy.execute("update chat_messages set content = " + large + " || '!' where id <> 1");
        legacy.execute("delete from chat_messages where id = 2");
        await().atMost(PATIENCE)
                .until(() ->
                        rows("chat_messages where content like '%!'") == 11 && rows("chat_messages where id = 2") == 0);
        assertThat(move.table("chat_messages").get("quarantined").toString()).isEqualTo("{\"too-large\":1}");
        move.complete();
        assertThat(rows("cutover_quarantine where row_id = 1 and detail like 'content is too large%'"))
                .isEqualTo(1);
        service.jdbc().sql("update chat_messages set content = content || '!'").update();
        move.rollBack();
        assertThat(legacy.count("select count(*) from chat_messages where content like '%!!'"))
                .isEqualTo(11);
    }

    @Test
    void peopleWhoWereSeenHereFirstMeetThemselvesAndKeepTheirDocuments() throws Exception {
        service.upload("user-1", "a.txt", "text").is(202);
        assertThat(rows("users where user_id = 'user-1' and id >= 1000000000")).isEqualTo(1);
        legacy.user(1);
        begin();
        move.awaitStreaming();
        assertThat(text("select id::text from users where user_id = 'user-1'")).isEqualTo("1");

        legacy.execute("delete from users where id = 1");
        await().atMost(PATIENCE).until(() -> rows("users where user_id = 'user-1' and id >= 1000000000") == 1);
        assertThat(text("select notion_token from users where user_id = 'user-1'"))
                .isNull();
        assertThat(rows("documents where user_id = 'user-1'")).isEqualTo(1);
    }

    @Test
    void anotherProcessGoesOnWhereOneEnded() throws Exception {
        for (int id = 1; id <= 20; id++) {
            legacy.user(id);
        }
        begin();
        move.awaitStreaming();
        IngestService other = service.sibling();
        service.close();
        service = other;
        move = new Move(service);

        legacy.execute("update users set total_queries = 8 where id <= 10");
        await().atMost(PATIENCE).until(() -> rows("users where total_queries = 8") == 10);
        assertThat(rows("users where id < 1000000000")).isEqualTo(20);
        assertThat(move.table("users").get("rowsRead").intValue())
                .as("nothing is read again")
                .isEqualTo(20);
    }

    @Test
    void badWishesAreRefusedWithTheirField() throws Exception {
        Path other = Files.writeString(folder.resolve("notes.txt"), "this is not a database at all");
        move.post("start", "{}").isBad("sqlite");
        move.post("start", "{\"sqlite\": \"relative.db\"}").isBad("sqlite");
        move.post("start", "{\"sqlite\": \"" + folder.resolve("none.db") + "\"}")
                .isBad("sqlite");
        move.post("start", "{\"sqlite\": \"" + other + "\"}").isBad("sqlite");
        service.post("ann", "/v1/cutover/start", "{\"sqlite\": \"" + legacy.file() + "\"}")
                .is(403);
        service.get("ann", "/v1/cutover").is(403);
        service.post("ann", "/v1/cutover/inspect", "{\"sqlite\": \"" + legacy.file() + "\"}")
                .is(403);
        move.post("inspect", "{}").isBad("sqlite");
        assertThat(move.post("inspect", "{\"sqlite\": \"" + legacy.file() + "\"}")
                        .is(200)
                        .json()
                        .at("/tables/0/table")
                        .stringValue())
                .isEqualTo("users");
        assertThat(move.status().get("state").stringValue()).isEqualTo("idle");

        begin();
        begin();
        assertThat(move.status().get("history")).hasSize(1);
        try (LegacyApplication second = new LegacyApplication(folder.resolve("second.db"))) {
            second.create();
            move.post("start", "{\"sqlite\": \"" + second.file() + "\"}").is(409);
        }
    }

    @Test
    void verificationFindsWhatDiffersAndNothingElse() throws Exception {
        move.post("verifications", "{}").is(409);
        for (int id = 1; id <= 30; id++) {
            legacy.user(id);
        }
        legacy.execute("insert into users (id, user_id, created_at) values (31, 'odd', 'yesterday')");
        legacy.execute("insert into users (id, user_id, email, created_at, is_anonymous)"
                + " values (32, 'nul', 'a' || char(0), '2026-01-02T03:04:05+01:00', 1)");
        begin();
        move.awaitStreaming();
        JsonNode clean = move.verify();
        assertThat(clean.get("equal").booleanValue()).as(clean.toString()).isTrue();
        assertThat(clean.at("/tables/0/rows").intValue()).isEqualTo(32);
        assertThat(clean.at("/tables/0/quarantined").intValue()).isEqualTo(1);
        assertThat(move.status().get("state").stringValue()).isEqualTo("verified");

        assertThatThrownBy(() -> service.jdbc()
                        .sql("update users set email = 'by mistake' where id = 5")
                        .update())
                .hasMessageContaining("is in its SQLite file");
        tamper("update users set email = 'tampered' where id = 5");
        tamper("delete from users where id = 6");
        tamper("insert into chat_sessions (id, session_id) values (77, 'nobody''s')");
        JsonNode found = move.verify();
        assertThat(found.get("equal").booleanValue()).isFalse();
        assertThat(found.at("/tables/0/different").intValue()).isEqualTo(1);
        assertThat(found.at("/tables/0/missing").intValue()).isEqualTo(1);
        assertThat(found.at("/tables/0/examples").toString()).isEqualTo("[5,6]");
        assertThat(found.at("/tables/1/extra").intValue()).isEqualTo(1);
        assertThat(move.status().get("state").stringValue()).isEqualTo("streaming");
    }

    @Test
    void verificationIsCleanWhilePeopleGoOnWriting() throws Exception {
        for (int id = 1; id <= 500; id++) {
            legacy.user(id);
        }
        begin();
        move.awaitStreaming();
        AtomicBoolean writing = new AtomicBoolean(true);
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
            for (int step = 0; writing.get(); step++) {
                try {
                    legacy.execute("update users set total_queries = ? where id = ?", step, 1 + step % 500);
                    legacy.execute("delete from users where id = ?", 1 + (step * 7) % 500);
                    legacy.execute(
                            "insert or replace into users (id, user_id) values (?, ?)", 501 + step % 300, "w" + step);
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
        try {
            for (int round = 0; round < 3; round++) {
                JsonNode result = move.verify();
                assertThat(result.get("equal").booleanValue())
                        .as(result.toString())
                        .isTrue();
            }
        } finally {
            writing.set(false);
            writer.join();
        }
    }

    @Test
    void completedMoveLeavesOnlyPostgresqlToWriteTo() throws Exception {
        legacy.execute("create virtual table search using fts5(text)"); // takes no triggers
        for (int id = 1; id <= 20; id++) {
            legacy.user(id);
        }
        legacy.execute("insert into chat_sessions (id, session_id, user_id) values (5, 's1', 'user-1')");
        legacy.execute("insert into chat_messages (id, session_id, content) values (9, 'nowhere', 'an orphan')");
        move.post("complete", "{}").is(409);
        begin();
        move.awaitStreaming();
        assertThat(move.post("complete", "{}").is(409).text()).contains("not found equal");
        move.verify();
        legacy.execute("update users set total_queries = 99 where id = 20"); // after it was verified
        move.post("complete", "{}").is(202);
        move.awaitState("cut-over");

        assertThat(text("select total_queries::text from users where id = 20")).isEqualTo("99");
        assertThatThrownBy(() -> legacy.user(21)).hasMessageContaining("has moved to PostgreSQL");
        assertThat(move.status().at("/verification/result/equal").booleanValue())
                .isTrue();
        assertThat(move.status().at("/verification/result/tables/0/compared").intValue())
                .as("what has changed since it was verified")
                .isEqualTo(1);
        for (String insert : List.of(
                "users (user_id) values ('new')",
                "chat_sessions (session_id, user_id) values ('s2', 'new')",
                "chat_messages (session_id) values ('s2')",
                "usage_logs (user_id) values ('new')",
                "notion_syncs (user_id) values ('new')")) {
            assertThat(service.jdbc().sql("insert into " + insert).update()).isEqualTo(1);
        }
        assertThatThrownBy(() -> service.jdbc()
                        .sql("insert into chat_messages (session_id) values ('nowhere')")
                        .update())
                .hasMessageContaining("fk_chat_messages");
        assertThat(text("select content from chat_messages where id = 9")).isEqualTo("an orphan");
        move.post("complete", "{}").is(202);
        move.post("clean", "{}").is(409);

        CutoverStore store = new CutoverStore(service.jdbc(), null);
        new Steps(store, new WayBackStore(service.jdbc()), null, null, null, null).complete(store.read(), null);
        assertThatThrownBy(() -> legacy.user(21))
                .as("a step that is begun once too often does nothing")
                .hasMessageContaining("has moved to PostgreSQL");
    }

    @Test
    void moveThatDiffersAtTheEndIsNotCompletedAndTheApplicationGoesOn() throws Exception {
        legacy.user(1);
        begin();
        move.awaitStreaming();
        move.verify();
        tamper("delete from users where id = 1");
        move.post("complete", "{}").is(202);
        move.awaitState("streaming");
        assertThat(move.status().at("/history").toString()).contains("not completed");
        legacy.user(2);

        move.post("complete", "{\"force\": true}").is(202);
        move.awaitState("cut-over");
        assertThat(move.status().at("/history").toString())
                .contains("forced although")
                .contains("says different");
        service.jdbc().sql("insert into users (user_id) values ('user-1')").update();
        await().atMost(PATIENCE)
                .until(() -> move.status().at("/wayBack/refused").toString(), "{\"users\":1}"::equals);
        assertThat(legacy.texts("select email from users where user_id = 'user-1'"))
                .as("a row that only the file has stays")
                .containsExactly("user-1@example.org");
    }

    @Test
    void moveIsNotCompletedOnAComparisonThatOthersHaveGoneBeyond() throws Exception {
        legacy.user(1);
        begin();
        move.awaitStreaming();
        move.verify();
        String beyond = "update cutover_tables set next_offset = next_offset %s where table_name = 'users'";
        service.jdbc().sql(beyond.formatted("+ 1")).update(); // by a process that does not know of this one
        move.post("complete", "{}").is(202);
        move.awaitProblem("changes have arrived since both sides were compared");
        assertThat(move.status().get("state").stringValue()).isEqualTo("verified");
        service.jdbc().sql(beyond.formatted("- 1")).update();
        move.awaitState("cut-over");
    }

    @Test
    void allRowsAreComparedAgainBeforeTheApplicationStopsIfThatWasLongAgo() throws Exception {
        legacy.user(1);
        begin();
        move.awaitStreaming();
        move.verify();
        letVerificationsAge();
        move.post("complete", "{}").is(202);
        move.awaitState("cut-over");
        assertThat(move.get("report").get("verifications"))
                .extracting(one -> one.at("/result/tables/0/compared").intValue())
                .containsExactly(1, 1, 0);
    }

    @Test
    void cleanedFileHasNoTraces() throws Exception {
        legacy.user(1);
        long before = legacy.count("select count(*) from sqlite_master where name not like 'sqlite_%'");
        begin();
        move.awaitStreaming();
        assertThat(legacy.count("select count(*) from sqlite_master")).isGreaterThan(before);
        assertThat(move.verify().get("equal").booleanValue()).isTrue();
        try (Connection reader = service.connect()) {
            reader.setAutoCommit(false);
            reader.createStatement().execute("lock table usage_logs in share mode"); // so that a change cannot arrive
            legacy.execute("insert into usage_logs (action) values ('waits')");
            move.post("verifications", "{}").is(202);
            assertThat(move.post("complete", "{}").is(409).text()).contains("both sides are being compared");
            move.post("clean", "{}").is(202);
        }
        await().atMost(PATIENCE).until(() -> move.status().get("sqlite").isNull());

        assertThat(move.status().at("/verification/failure").stringValue()).contains("ended");
        assertThat(legacy.count("select count(*) from sqlite_master where name not like 'sqlite_%'"))
                .isEqualTo(before);
        assertThat(move.status().get("state").stringValue()).isEqualTo("idle");
        legacy.user(2);
        legacy.execute("delete from users where id = 1");
        begin();
        move.awaitStreaming();
        assertThat(rows("users where id in (1, 2)"))
                .as("what an earlier move brought is gone")
                .isEqualTo(1);
    }

    @Test
    void upgradedFileAndPlainOneMoveToTheSameRows() throws Exception {
        try (LegacyApplication upgraded = new LegacyApplication(folder.resolve("upgraded.db"))) {
            upgraded.create();
            upgraded.execute("drop table users");
            upgraded.execute("create table users (email VARCHAR(255), total_queries INTEGER, id INTEGER PRIMARY KEY,"
                    + " user_id VARCHAR(36), theme VARCHAR)"); // as the first release made it
            for (String added : List.of(
                    "created_at TIMESTAMP",
                    "notion_token TEXT",
                    "is_anonymous BOOLEAN DEFAULT 0",
                    "firebase_uid VARCHAR")) {
                upgraded.execute("alter table users add column " + added);
            }
            upgraded.execute("drop table notion_syncs");
            for (LegacyApplication one : List.of(legacy, upgraded)) {
                for (int id = 1; id <= 20; id++) {
                    one.user(id);
                }
                one.execute("insert into chat_sessions (id, session_id, user_id) values (1, 's1', 'user-1')");
                one.execute(
                        "insert into chat_messages (id, session_id, content, sources) values (1, 's1', 'hello', '[{')");
            }
            String rows = "select string_agg(u::text, chr(10) order by id) from users u where id < 1000000000";
            String messages = "select string_agg(m::text, chr(10) order by id) from chat_messages m";
            legacy.execute("insert into notion_syncs (page_id) values ('only the first file has it')");
            begin();
            move.awaitStreaming();
            String users = text(rows);
            String said = text(messages);
            assertThat(move.verify().get("equal").booleanValue()).isTrue();
            move.post("clean", "{}").is(202);
            await().atMost(PATIENCE).until(() -> move.status().get("sqlite").isNull());
            move.post("start", "{\"sqlite\": \"" + upgraded.file() + "\"}").is(202);
            move.awaitStreaming();
            assertThat(text(rows)).isEqualTo(users).contains("user-20@example.org");
            assertThat(rows("notion_syncs")).isZero();
            assertThat(text(messages)).isEqualTo(said).contains("hello");
            assertThat(move.verify().get("equal").booleanValue()).isTrue();
        }
    }

    @Test
    void moveWhoseFileIsGoneCanBeEnded() throws Exception {
        legacy.user(1);
        begin();
        move.awaitStreaming();
        Files.delete(legacy.file());
        move.post("clean", "{}").is(202);
        await().atMost(PATIENCE).until(() -> move.status().get("sqlite").isNull());
        assertThat(move.status().get("wish").isNull()).isTrue();
        assertThat(move.status().get("history").toString()).contains("is not there: triggers of the move stay in it");
    }

    @Test
    void whatWasWrittenSinceTheCutoverIsTakenBack() throws Exception {
        legacy.execute("drop index ix_users_email"); // or there were no twins
        for (int id = 1; id <= 20; id++) {
            legacy.user(id);
        }
        legacy.execute("insert into users (id, user_id, email) values (30, 'twin', 'user-1@example.org')");
        legacy.execute("insert into users (id, user_id, email, created_at, is_anonymous, firebase_name)"
                + " values (31, 'odd', 'a' || char(0), '2026-01-02T03:04:05+01:00', 1, 'Ann')");
        legacy.execute("insert into chat_sessions (id, session_id, user_id) values (5, 's1', 'user-1')");
        legacy.execute("insert into chat_messages (id, session_id, content) values (9, 'nowhere', 'an orphan')");
        legacy.execute("create trigger own after insert on chat_messages begin"
                + " update chat_sessions set updated_at = '2026-05-05 05:05:05.000000'; end");
        service.upload("early", "a.txt", "text").is(202);
        begin();
        move.awaitStreaming();
        move.complete();
        assertThat(rows("users where user_id = 'early' and id = 32")).isEqualTo(1);
        service.upload("late", "a.txt", "text").is(202);
        service.upload("early", "a.txt", "another text").is(202);
        service.jdbc()
                .sql("insert into cutover_log (from_state, to_state, detail) values ('cut-over', 'cut-over', 'a note')")
                .update();
        for (String sql : List.of(
                "update users set email = 'changed', is_anonymous = true, created_at = '2026-03-04 05:06:07.8'"
                        + " where id = 2",
                "update users set firebase_name = 'Anna' where id = 31",
                "delete from users where id = 3",
                "update users set user_id = 'tmp' where id = 4",
                "update users set user_id = 'user-4' where id = 5",
                "update users set user_id = 'user-5' where id = 4",
                "update users set id = 1000 where id = 6",
                "insert into chat_sessions (session_id, user_id) values ('s2', 'late')",
                "insert into chat_messages (session_id, role, content) select 's2', 'user', 'n' || n"
                        + " from generate_series(1, 500) n",
                "delete from chat_messages where id = 9",
                "insert into usage_logs (user_id, action) values ('late', 'asked')",
                "insert into notion_syncs (user_id, page_id) values ('late', 'page')")) {
            service.jdbc().sql(sql).update();
        }
        assertThat(move.status().at("/wayBack/walStatus").stringValue()).isEqualTo("reserved");
        JsonNode report = move.ask("report").is(200).json();
        assertThat(report.at("/quarantine/0/reason").stringValue()).isEqualTo("duplicate");
        assertThat(report.at("/quarantine/0/id").intValue()).isEqualTo(30);
        assertThat(report.get("newDocuments"))
                .extracting(document -> document.get("userId").stringValue())
                .containsExactlyInAnyOrder("late", "early");
        JsonNode first = move.get("documents?limit=1").get(0);
        JsonNode second = move.get("documents?after=" + first.get("documentId").stringValue())
                .get(0);
        assertThat(List.of(first, second)).containsExactlyElementsOf(report.get("newDocuments"));
        move.ask("documents?limit=0").is(400);
        move.ask("documents?after=nothing").is(400);
        service.get("late", "/v1/cutover/documents").is(403);
        assertThat(report.get("verifications")).hasSize(2);
        service.get("late", "/v1/cutover/report").is(403);
        move.rollBack();

        assertThat(move.status().at("/verification/result/equal").booleanValue())
                .isTrue();
        assertThat(legacy.count("select count(*) from users where email = 'changed' and is_anonymous = 1"
                        + " and created_at = '2026-03-04 05:06:07.800000' and notion_token = 'secret-token-2'"))
                .isEqualTo(1);
        assertThat(legacy.count("select count(*) from users where id = 31 and created_at = '2026-01-02T03:04:05+01:00'"
                        + " and length(cast(email as blob)) = 2 and firebase_name = 'Anna'"))
                .as("values that mean the same stay as they are")
                .isEqualTo(1);
        assertThat(legacy.count("select count(*) from users where user_id in ('early', 'late')"))
                .isEqualTo(2);
        assertThat(legacy.count("select count(*) from users where id = 30"))
                .as("in quarantine")
                .isEqualTo(1);
        assertThat(legacy.count("select count(*) from users where id = 5 and user_id = 'user-4'"))
                .isEqualTo(1);
        assertThat(legacy.count("select count(*) from users where id in (3, 6)"))
                .isZero();
        assertThat(legacy.count("select count(*) from chat_messages")).isEqualTo(500);
        assertThat(legacy.count("select count(*) from chat_sessions where updated_at is not null"))
                .as("the application's triggers do nothing on the way back")
                .isZero();
        assertThat(legacy.count("select count(*) from sqlite_master where name like '\\_debezium%' escape '\\'"))
                .isZero();
        legacy.user(100);
        assertThatThrownBy(() -> service.jdbc()
                        .sql("insert into usage_logs (action) values ('lost')")
                        .update())
                .hasMessageContaining("is in its SQLite file");
        assertThat(rows("pg_replication_slots where slot_name like 'kb_cutover_%' and database = current_database()"))
                .isZero();
        service.upload("later", "a.txt", "text").is(202);
        assertThat(rows("users where user_id = 'later' and id >= 1000000000")).isEqualTo(1);

        begin();
        move.awaitStreaming();
        move.complete();
        assertThat(rows("users where id = 100")).isEqualTo(1);
        assertThat(rows("documents where user_id = 'late'")).isEqualTo(1);
        service.jdbc().sql("insert into usage_logs (action) values ('kept')").update();
    }

    @Test
    void applicationThatIsStoppedForAWishGoesOnOnceItIsWithdrawn() throws Exception {
        legacy.user(1);
        begin();
        move.awaitStreaming();
        assertThat(move.verify().get("equal").booleanValue()).isTrue();
        try (Connection reader = service.connect();
                LegacyFileStore file = LegacyFileStore.open(legacy.file(), LegacySchema.PLAIN)) {
            prepareTheWayBack(); // by a process that was killed then
            reader.setAutoCommit(false);
            reader.createStatement().execute("lock table usage_logs in share mode"); // so that a change cannot arrive
            legacy.execute("insert into usage_logs (action) values ('waits')");
            file.fence();
            move.post("complete", "{}").is(202);
            await().during(Duration.ofSeconds(2))
                    .until(() -> move.status().get("wish").isString());
            move.post("withdraw", "{}").is(202);
            move.awaitNoWish();
        }
        legacy.user(2);
        await().atMost(PATIENCE).until(() -> move.status().get("problem").isNull());
        assertThat(rows("pg_replication_slots where slot_name like 'kb_cutover_%' and database = current_database()"))
                .isZero();
        move.complete();

        legacy.execute("begin immediate"); // so that the way back cannot write
        service.jdbc().sql("insert into usage_logs (action) values ('one')").update();
        service.jdbc().sql("select cutover_shut()").query().singleRow(); // by a process that was killed then
        move.post("rollback", "{}").is(202);
        await().during(Duration.ofSeconds(2))
                .until(() -> move.status().get("wish").isString());
        move.post("rollback", "{\"force\": true}").is(202);
        assertThat(move.status().get("history").toString()).contains("the way back is forced");
        move.post("withdraw", "{}").is(202);
        move.awaitNoWish();
        service.jdbc().sql("insert into usage_logs (action) values ('two')").update();
        legacy.execute("rollback");
        move.rollBack();
        assertThat(legacy.texts("select action from usage_logs order by id")).containsExactly("waits", "one", "two");
        move.post("withdraw", "{}").is(202);
        assertThat(move.status().get("state").stringValue()).isEqualTo("rolled-back");
    }

    @Test
    void rowThatIsToldBeforeAnybodySeesItIsTakenBack() throws Exception {
        begin();
        move.awaitStreaming();
        move.complete();
        List<String> standby = List.of(
                "alter system set synchronous_commit = local", "alter system set synchronous_standby_names = 'nobody'");
        List<String> again =
                List.of("alter system reset synchronous_standby_names", "alter system reset synchronous_commit");
        CompletableFuture<Void> writer;
        try {
            configure(standby);
            awaitStandbyThatIsWaitedFor();
            writer = waitForStandby("insert into usage_logs (action) values ('waits for the standby')");
            await().atMost(PATIENCE).until(() -> rows(WAITING_FOR_STANDBY) == 2);
            service.jdbc()
                    .sql("insert into usage_logs (action) values ('later')")
                    .update();
            await().during(Duration.ofSeconds(3)) // or the first one would have been read as if it were not there
                    .atMost(PATIENCE)
                    .until(() -> legacy.count("select count(*) from usage_logs") == 0);
        } finally {
            configure(again);
        }
        writer.join();
        await().atMost(PATIENCE)
                .until(() -> legacy.count("select count(*) from usage_logs where action = 'later'") == 1);
        move.post("rollback", "{}").is(202);
        move.awaitState("rolled-back");
        assertThat(legacy.count("select count(*) from usage_logs")).isEqualTo(2);
    }

    /** The sessions hear of the standby sooner than the checkpointer, who lets them wait. */
    private void awaitStandbyThatIsWaitedFor() {
        String write = "comment on schema public is 'waits for the standby'";
        AtomicReference<CompletableFuture<Void>> waiting = new AtomicReference<>(waitForStandby(write));
        await().atMost(PATIENCE).until(() -> {
            if (waiting.get().isDone()) {
                waiting.set(waitForStandby(write));
            }
            return rows(WAITING_FOR_STANDBY) == 1;
        });
    }

    private CompletableFuture<Void> waitForStandby(String write) {
        return CompletableFuture.runAsync(() -> service.jdbc()
                .sql("begin; set local synchronous_commit = on; " + write + "; commit")
                .update());
    }

    /** What is told first is read when what follows has happened, too. */
    @Test
    void rowsThatGetWhatOthersHaveGivenUpAreTakenBack() throws Exception {
        legacy.user(5);
        legacy.user(9);
        legacy.execute("create unique index one_of_each on usage_logs (action)");
        begin();
        move.awaitStreaming();
        move.complete();
        service.jdbc()
                .sql("insert into usage_logs (id, action) values (50, 'begun')")
                .update();
        await().atMost(PATIENCE).until(() -> legacy.count("select count(*) from usage_logs") == 1);
        legacy.execute("begin immediate"); // so that the way back cannot write what it was told
        service.jdbc().sql("update users set id = 12 where id = 9").update();
        await().during(Duration.ofSeconds(2))
                .until(() -> legacy.count("select count(*) from users where id = 12") == 0);
        service.jdbc().sql("update users set id = 9 where id = 5").update();
        service.jdbc()
                .sql("insert into usage_logs (id, action) values (40, 'begun'); update usage_logs set details = '{}'")
                .update();
        legacy.execute("rollback");
        await().atMost(PATIENCE)
                .until(
                        () -> legacy.texts(
                                "select id || ' ' || user_id from users where user_id like 'user-%' order by id"),
                        List.of("9 user-5", "12 user-9")::equals);
        await().atMost(PATIENCE)
                .until(() -> move.status().at("/wayBack/refused").toString(), "{\"usage_logs\":1}"::equals);
        assertThat(rows("cutover_not_taken_back where row_id = 40")).isEqualTo(1);
        assertThat(legacy.texts("select id || details from usage_logs"))
                .as("the row that changes has not given up its action")
                .containsExactly("50{}");
    }

    private void configure(List<String> settings) {
        settings.forEach(setting -> service.jdbc().sql(setting).update());
        service.jdbc().sql("select pg_reload_conf()").query().singleRow();
    }

    @Test
    void rowThatTheFileCannotTakeHoldsTheWayBackUpUnlessItIsForced() throws Exception {
        legacy.execute(
                "alter table notion_syncs add column number INTEGER NOT NULL DEFAULT 5 CHECK (page_id <> 'bad')");
        legacy.execute("alter table usage_logs drop column details");
        legacy.execute("insert into users (id, user_id, created_at) values (40, 'taken', 'yesterday')");
        begin();
        move.awaitStreaming();
        move.complete();
        service.jdbc().sql("insert into users (user_id) values ('taken')").update();
        service.jdbc()
                .sql("insert into notion_syncs (page_id) values ('bad'), ('good')")
                .update();
        service.jdbc()
                .sql("insert into usage_logs (action, details) values ('a', '{}')")
                .update();
        await().atMost(PATIENCE)
                .until(
                        () -> move.status().at("/wayBack/refused").toString(),
                        "{\"notion_syncs\":1,\"usage_logs\":1,\"users\":1}"::equals);
        assertThat(legacy.texts("select created_at from users where user_id = 'taken'"))
                .as("a row in quarantine makes room for nobody")
                .containsExactly("yesterday");
        assertThat(legacy.count("select count(*) from notion_syncs where page_id = 'good' and number = 5"))
                .isEqualTo(1);
        move.post("rollback", "{}").is(202);
        move.awaitNoWish();
        assertThat(move.status().get("state").stringValue()).isEqualTo("cut-over");
        assertThat(move.status().at("/history").toString()).contains("not rolled back");
        service.jdbc().sql("insert into usage_logs (action) values ('goes on')").update();

        move.post("rollback", "{\"force\": true}").is(202);
        move.awaitState("rolled-back");
        move.awaitNoWish();
        assertThat(legacy.count("select count(*) from usage_logs where action = 'goes on'"))
                .isEqualTo(1);
        legacy.user(1);
    }

    @Test
    void rowInQuarantineIsMendedInPostgresql() throws Exception {
        legacy.execute("insert into users (id, user_id, created_at) values (40, 'odd', 'yesterday'), (41, 'un', 'x')");
        begin();
        move.awaitStreaming();
        move.complete();
        String created = "select created_at from users where id = 40";
        service.jdbc()
                .sql("insert into users (id, user_id, created_at) values (40, 'odd', '2026-01-02')")
                .update();
        await().atMost(PATIENCE).until(() -> legacy.texts(created), List.of("2026-01-02 00:00:00.000000")::equals);
        assertThat(move.table("users").get("quarantined").toString()).isEqualTo("{\"odd-date\":1}");
        service.jdbc().sql("delete from users where id = 40").update();
        await().atMost(PATIENCE).until(() -> legacy.texts(created).isEmpty());
        service.jdbc()
                .sql("insert into users (id, user_id, created_at) values (41, 'un', '2026-01-03')")
                .update();
        move.rollBack();
        assertThat(legacy.texts("select created_at from users where id = 41"))
                .containsExactly("2026-01-03 00:00:00.000000");
    }

    @Test
    void fileThatSomebodyElseHasWrittenToHoldsTheWayBackUp() throws Exception {
        legacy.user(1);
        legacy.user(2);
        begin();
        move.awaitStreaming();
        move.complete();
        legacy.execute("drop trigger _kb_fence_users_update");
        legacy.execute("update users set email = 'past the fence' where id = 2");
        move.post("rollback", "{}").is(202);
        move.awaitNoWish();
        assertThat(move.status().get("state").stringValue()).isEqualTo("cut-over");
        assertThat(move.status().at("/verification/result/tables/0/examples")).hasToString("[2]");

        service.jdbc()
                .sql("update users set total_queries = 9 where id = 2")
                .update(); // which brings the row to the file
        move.rollBack();
        JsonNode result = move.status().at("/verification/result/tables/0");
        assertThat(result.get("rows").intValue()).isEqualTo(3); // the operator's, too
        assertThat(result.get("compared").intValue()).isLessThan(3);
    }

    @Test
    void wayBackWhoseLogIsLostLetsTheApplicationGoOn() throws Exception {
        legacy.user(1);
        begin();
        move.awaitStreaming();
        move.complete();
        String ours = "slot_name like 'kb_cutover_%' and database = current_database()";
        await().atMost(PATIENCE).until(() -> rows("pg_replication_slots where active and " + ours) == 1);
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(
                        () -> { // as a PostgreSQL does that runs out of disk
                            service.jdbc()
                                    .sql(
                                            "select pg_terminate_backend(active_pid), pg_sleep(0.2) from pg_replication_slots where "
                                                    + ours)
                                    .query()
                                    .listOfRows();
                            service.jdbc()
                                    .sql("select pg_drop_replication_slot(slot_name) from pg_replication_slots where "
                                            + ours)
                                    .query()
                                    .listOfRows();
                            return rows("pg_replication_slots where " + ours) == 0;
                        });
        assertThat(move.status().at("/wayBack/walStatus").stringValue()).isEqualTo("lost");
        assertThat(move.status().get("blockers").toString()).contains("log is lost");
        assertThat(move.post("rollback", "{\"force\": true}").is(409).text()).contains("log is lost");

        service.jdbc().sql("update cutover set wish = 'roll-back'").update(); // lost after it was wished
        move.awaitNoWish();
        assertThat(move.status().get("state").stringValue()).isEqualTo("cut-over");
        assertThat(move.status().at("/history").toString()).contains("not rolled back: PostgreSQL's log is lost");
        service.jdbc().sql("insert into usage_logs (action) values ('goes on')").update();
        move.post("close", "{}").is(202);
        move.awaitNoWish();
    }

    @Test
    void syncsThatWereBornBeforeTheCutoverKeepTheirRuns() throws Exception {
        legacy.user(1);
        legacy.execute("insert into notion_syncs (id, page_id) values (5, 'old')");
        begin();
        move.awaitStreaming();
        tamper("""
                with connection as (
                    insert into notion_connections (connection_id, user_id, workspace_id, workspace_name,
                                                    sealed_token, api_version, requests_per_minute, state)
                    values (gen_random_uuid(), 'user-1', gen_random_uuid(), '', '', '2025-09-03', 60, 'active')
                    returning connection_id),
                sync as (insert into notion_syncs (user_id, status) values ('user-1', 'running') returning id),
                task as (
                    insert into notion_tasks (connection_id, entity_id, kind, urgent, due_at, run_ids)
                    select connection_id, gen_random_uuid(), 'page', false, now(), array[3, id] from connection, sync)
                insert into notion_runs (run_id, connection_id, kind) select id, connection_id, 'all'
                from connection, sync
                """); // as the service does while it is shut
        move.complete();
        assertThat(rows("notion_runs where run_id = 6")).isEqualTo(1);
        assertThat(rows("notion_tasks where run_ids = array[3, 6]::bigint[]")).isEqualTo(1);
    }

    @Test
    void closedMoveKeepsNoLogAndNoWayBack() throws Exception {
        legacy.user(1);
        move.post("rollback", "{}").is(409);
        move.post("close", "{}").is(409);
        begin();
        move.awaitStreaming();
        move.complete();
        await().atMost(PATIENCE).until(() -> rows("pg_replication_slots where active") > 0);
        move.post("close", "{}").is(202);
        move.awaitNoWish();
        assertThat(move.status().get("state").stringValue()).isEqualTo("closed");
        assertThat(rows("pg_replication_slots where database = current_database()"))
                .isZero();
        assertThat(rows("pg_publication")).isZero();
        assertThatThrownBy(() -> legacy.user(2)).hasMessageContaining("has moved to PostgreSQL");
        assertThat(legacy.count("select count(*) from sqlite_master where name like '\\_debezium%' escape '\\'"))
                .isZero();
        move.post("rollback", "{}").is(409);
        move.post("clean", "{}").is(409);
        move.post("start", "{\"sqlite\": \"" + legacy.file() + "\"}").is(409);
    }

    /** Past the trigger that lets only the move write. */
    private void tamper(String sql) {
        service.jdbc()
                .sql("set session_replication_role = replica; " + sql + "; reset session_replication_role")
                .update();
    }

    private void begin() {
        move.post("start", "{\"sqlite\": \"" + legacy.file() + "\"}").is(202);
    }

    private int rows(String what) {
        return service.jdbc()
                .sql("select count(*) from " + what)
                .query(Integer.class)
                .single();
    }

    private String text(String sql) {
        List<String> found = service.jdbc()
                .sql(sql)
                .query((row, number) -> String.valueOf(row.getString(1)))
                .list();
        return found.isEmpty() || found.get(0).equals("null") ? null : found.get(0);
    }
}
