package io.knowledgebase.ingest.cutover;

import static io.knowledgebase.ingest.cutover.Move.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.ingest.IngestService;
import io.knowledgebase.local.servers.KafkaBroker;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A move of a file with columns and tables that only its own application knows. */
class CutoverOfMappedIT {

    private static final String MAPPING = """
            {"users": {"Plan": "text", "score": "double precision", "slack_token": "secret"},
             "order": {"user_id": "text", "group": "bigint", "photo": "bytea", "paid": "boolean", "at": "timestamp",
                       "score": "text"}}
            """;
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
        legacy.execute("alter table users add column plan VARCHAR");
        legacy.execute("alter table users add column score NUMERIC");
        legacy.execute("alter table users add column slack_token TEXT");
        legacy.execute("alter table users add column theme TEXT");
        legacy.execute("""
                create table "Order" (id INTEGER PRIMARY KEY, user_id TEXT UNIQUE COLLATE NOCASE, "group" INTEGER, photo BLOB,
                                      paid BOOLEAN, at DATETIME, score STRING, UNIQUE ("group", paid))
                """);
        legacy.execute("create virtual table search using fts5(text)");
        legacy.execute("create unique index odd on \"Order\" (photo, photo)");
        legacy.execute("create table tags (name TEXT PRIMARY KEY)");
        legacy.user(1);
        service = IngestService.start("cutover_mapped_" + databases++, "kb.notion.keys=" + "5a".repeat(32));
        move = new Move(service);
    }

    @AfterEach
    void stop() throws Exception {
        service.close();
        legacy.close();
    }

    @Test
    void mappedColumnsAndTablesAreMovedThereAndBack() throws Exception {
        legacy.execute("update users set plan = 'gold', score = 0.1, slack_token = 'xoxb-1', theme = 'dark'");
        legacy.execute(
                "insert into \"order\" values (7, 'user-1', 5000000000, x'00ff', 1, '2026-01-02 03:04:05.000000', null),"
                        + " (8, 'user-2', 8, 'a text', 0, null, null), (9, 'user-3', 'nine', null, null, null, null)");
        JsonNode found = move.post("inspect", source(MAPPING)).is(200).json();
        assertThat(found.get("unmapped")).hasToString("{\"users\":{\"theme\":\"text\"}}");
        assertThat(found.at("/tables/0/extraColumns")).hasToString("[\"theme\"]");
        assertThat(found.at("/tables/5/table").stringValue()).isEqualTo("order");
        assertThat(found.at("/tables/5/hazards").toString())
                .contains("not-bytes")
                .contains("not-integer");
        assertThat(found.get("otherTables").toString()).contains("tags").doesNotContain("rder");

        begin(MAPPING);
        move.awaitStreaming();
        assertThat(move.table("order").get("quarantined")).hasToString("{\"not-bytes\":1,\"not-integer\":1}");
        assertThat(count("users where plan = 'gold' and score = 0.1 and slack_token = 'xoxb-1'"))
                .isEqualTo(1);
        assertThat(
                        count(
                                "\"order\" where \"group\" = 5000000000 and photo = '\\x00ff' and paid and at = '2026-01-02 03:04:05'"))
                .isEqualTo(1);
        assertThatThrownBy(() -> service.jdbc()
                        .sql("insert into \"order\" (user_id) values ('too early')")
                        .update())
                .hasMessageContaining("is in its SQLite file");
        legacy.execute("update users set score = 1e300");
        legacy.execute("update \"order\" set \"group\" = 9 where id = 9");
        legacy.execute("insert into \"order\" (id, user_id) values (10, 'user-4'), (11, 'user-5')");
        legacy.execute("delete from \"order\" where id = 10");
        await().atMost(PATIENCE).until(() -> count("\"order\" where id in (9, 11)") == 2);
        service.jdbc()
                .sql("set session_replication_role = replica; update users set score = 2 where id = 1;"
                        + " reset session_replication_role")
                .update();
        assertThat(move.verify().at("/tables/0/different").intValue()).isEqualTo(1);
        service.jdbc()
                .sql("set session_replication_role = replica; update users set score = 1e300 where id = 1;"
                        + " reset session_replication_role")
                .update();
        move.complete();
        assertThatThrownBy(() -> legacy.execute("update \"order\" set paid = 0"))
                .hasMessageContaining("has moved to PostgreSQL");

        service.jdbc()
                .sql("insert into \"order\" (user_id, photo) values ('user-9', '\\x01')")
                .update();
        assertThat(count("\"order\" where id = 12")).isEqualTo(1);
        service.jdbc()
                .sql("update \"order\" set user_id = case id when 9 then 'user-5' else 'user-3' end"
                        + " where id in (9, 11)")
                .update();
        service.jdbc()
                .sql("insert into \"order\" (id, user_id) values (20, 'twice')")
                .update();
        service.jdbc()
                .sql("insert into \"order\" (id, user_id) values (21, 'Twice')")
                .update();
        await().atMost(PATIENCE)
                .until(() -> move.status().at("/wayBack/refused").toString(), "{\"order\":1}"::equals);
        assertThat(legacy.texts("select id from \"order\" where user_id = 'twice'"))
                .containsExactly("20");
        service.jdbc()
                .sql("update \"order\" set user_id = 'once' where id = 20")
                .update();
        service.jdbc().sql("delete from \"order\" where id = 21").update();
        await().atMost(PATIENCE)
                .until(() -> move.status().at("/wayBack/refused").isEmpty());
        String swap =
                "update \"order\" set \"group\" = case id when 9 then 11 else 9 end, paid = true where id in (9, 11)";
        service.jdbc()
                .sql("update \"order\" set \"group\" = id, paid = true where id in (9, 11)")
                .update();
        await().atMost(PATIENCE).until(() -> legacy.count("select count(*) from \"order\" where \"group\" = 11") == 1);
        service.jdbc().sql(swap).update();
        service.jdbc().sql("update \"order\" set score = '0123' where id = 20").update();
        await().atMost(PATIENCE)
                .until(
                        () -> service.jdbc()
                                .sql("select detail from cutover_not_taken_back")
                                .query(String.class)
                                .list(),
                        List.of("the file does not keep what is in score")::equals);
        service.jdbc().sql("update \"order\" set score = 'good' where id = 20").update();
        service.jdbc().sql("update users set plan = null, score = 0.25").update();
        move.rollBack();
        assertThat(move.status().at("/verification/result/equal").booleanValue())
                .isTrue();
        assertThat(legacy.texts("select id || ' ' || user_id from \"order\" order by id"))
                .containsExactly("7 user-1", "8 user-2", "9 user-5", "11 user-3", "12 user-9", "20 once");
        assertThat(legacy.count("select count(*) from \"order\" where hex(photo) = '01' and id = 12"))
                .isEqualTo(1);
        assertThat(legacy.count("select count(*) from users where plan is null and score = 0.25 and theme = 'dark'"))
                .isEqualTo(1);
        assertThat(legacy.count("select count(*) from sqlite_master where name like '\\_%' escape '\\'"))
                .isZero();

        begin(MAPPING); // what the first move has made is used again
        move.awaitStreaming();
        move.complete();
    }

    @Test
    void tableNamedAsTheMarksOfTheWayBackIsATable() throws Exception {
        legacy.execute("create table message (id INTEGER PRIMARY KEY, text TEXT)");
        begin("{\"message\": {\"text\": \"text\"}}");
        move.awaitStreaming();
        move.complete();
        service.jdbc().sql("insert into message (text) values ('hello')").update();
        move.rollBack();
        assertThat(legacy.texts("select text from message")).containsExactly("hello");
    }

    @Test
    void moveCanBeEndedWhileKafkaTakesNothing() throws Exception {
        legacy.execute("create table topicless (id INTEGER PRIMARY KEY, text TEXT)");
        begin("{\"topicless\": {\"text\": \"text\"}}");
        move.awaitStreaming();
        Map<String, Object> settings =
                Map.of("bootstrap.servers", KafkaBroker.forTests().bootstrapServers());
        try (Admin admin = Admin.create(settings)) {
            admin.deleteTopics(List.of("kb.legacy.topicless")).all().get();
        }
        legacy.execute("insert into topicless (text) values ('waits')");
        move.awaitProblem("lacks the topics");
        move.post("clean", "{}").is(202);
        await().atMost(PATIENCE).until(() -> move.status().get("sqlite").isNull());
    }

    @Test
    void badMappingsAreRefusedWithTheirField() {
        move.post("start", source("{\"users\": {\"plan\": \"varchar\"}}")).isBad("mapping.users.plan");
        move.post("start", source("{\"users\": {\"email\": \"text\"}}")).isBad("mapping.users.email");
        move.post("start", source("{\"users\": {\"none\": \"text\"}}")).isBad("mapping.users.none");
        move.post("start", source("{\"users\": {\"plan\": null}}")).isBad("mapping.users.plan");
        move.post("start", source("{\"users\": {\"plan\": \"text\", \"PLAN\": \"text\"}}"))
                .isBad("mapping.users.PLAN");
        move.post("start", source("{\"users\": {}}")).isBad("mapping.users");
        move.post("start", source("{\"users\": null}")).isBad("mapping.users");
        move.post("start", source("{\"none\": {\"plan\": \"text\"}}")).isBad("mapping.none");
        move.post("start", source("{\"tags\": {\"name\": \"text\"}}")).isBad("mapping.tags");
        move.post("start", source("{\"a b\": {\"name\": \"text\"}}")).isBad("mapping.a b");
        move.post("inspect", source("{\"none\": {\"plan\": \"text\"}}")).isBad("mapping.none");
        move.post("start", source("{\"users\": 7}")).is(400);
        assertThat(move.status().get("state").stringValue()).isEqualTo("idle");
    }

    @Test
    void whatKbHasItselfIsNotMappedOnto() throws Exception {
        legacy.execute("create table documents (id INTEGER PRIMARY KEY, title TEXT)");
        service.jdbc().sql("alter table users add column theme text").update();
        move.post("start", source("{\"documents\": {\"title\": \"text\"}}")).is(409);
        move.post("start", source("{\"users\": {\"theme\": \"text\"}}")).is(409);
        begin("{\"users\": {\"plan\": \"text\"}}");
        begin("{\"users\": {\"plan\": \"text\"}}");
        begin(null);
        move.post("start", source("{\"users\": {\"score\": \"text\"}}")).is(409);
        move.post("clean", "{}").is(202);
        move.awaitNoWish();
        move.post("start", source("{\"users\": {\"plan\": \"integer\"}}")).is(409);
        assertThat(move.status().get("state").stringValue()).isEqualTo("idle");
    }

    private void begin(String mapping) {
        move.post("start", source(mapping)).is(202);
    }

    private String source(String mapping) {
        ObjectNode body = JsonMapper.shared()
                .createObjectNode()
                .put("sqlite", legacy.file().toString());
        if (mapping != null) {
            body.set("mapping", JsonMapper.shared().readTree(mapping));
        }
        return body.toString();
    }

    private long count(String what) {
        return service.count(what);
    }
}
