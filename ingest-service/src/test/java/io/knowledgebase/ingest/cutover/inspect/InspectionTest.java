package io.knowledgebase.ingest.cutover.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.knowledgebase.ingest.cutover.LegacyApplication;
import io.knowledgebase.ingest.cutover.inspect.Report.Effect;
import io.knowledgebase.ingest.cutover.inspect.Report.Hazard;
import io.knowledgebase.ingest.cutover.legacy.LegacySchema;
import io.knowledgebase.schemas.problem.Problem;
import io.knowledgebase.sqlite.SqliteSourceConnector;
import io.knowledgebase.sqlite.SqliteSourceTask;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectionTest {

    @TempDir
    Path folder;

    private LegacyApplication legacy;

    @BeforeEach
    void create() throws Exception {
        legacy = new LegacyApplication(folder.resolve("chat_history.db"));
        legacy.create();
        legacy.user(1);
    }

    @AfterEach
    void close() throws Exception {
        legacy.close();
    }

    @Test
    void tableThatHasLostItsTriggersIsTold() throws Exception {
        SqliteSourceTask capture = new SqliteSourceTask();
        capture.start(Map.of(
                SqliteSourceConnector.DATABASE_FILE, legacy.file().toString(),
                SqliteSourceConnector.TOPIC_PREFIX, "kb.legacy",
                SqliteSourceConnector.TABLES, "users,usage_logs"));
        capture.poll();
        capture.stop();
        legacy.execute("create table copy as select * from usage_logs");
        legacy.execute("drop table usage_logs");
        legacy.execute("alter table copy rename to usage_logs");
        Report report = Inspection.of(legacy.file(), LegacySchema.PLAIN);

        assertThat(report.captured()).isTrue();
        assertThat(table(report, "users").uncaptured()).isFalse();
        assertThat(table(report, "usage_logs").uncaptured()).isTrue();
    }

    @Test
    void plainFileHasNoHazards() throws Exception {
        Report report = Inspection.of(legacy.file(), LegacySchema.PLAIN);

        assertThat(report.journalMode()).isEqualTo("delete");
        assertThat(report.sqliteVersion())
                .isEqualTo(legacy.texts("select sqlite_version()").get(0));
        assertThat(report.captured()).isFalse();
        assertThat(report.otherTables()).isEmpty();
        assertThat(report.tables()).hasSize(5).allSatisfy(table -> {
            assertThat(table.present()).isTrue();
            assertThat(table.inOrder()).isTrue();
            assertThat(table.missingColumns()).isEmpty();
            assertThat(table.extraColumns()).isEmpty();
            assertThat(table.otherTypes()).isEmpty();
            assertThat(table.hazards()).isEmpty();
        });
        assertThat(table(report, "users").rows()).isEqualTo(1);
    }

    @Test
    void everyHazardIsCountedWithExamplesAndWhatWillBecomeOfIt() throws Exception {
        legacy.execute(
                "insert into users (id, user_id, created_at) values (2, 'b', 'yesterday'), (3, 'c', '0000-00-00')");
        legacy.execute("insert into users (id, user_id, email) values (4, 'd', 'a' || char(0) || 'b')");
        legacy.execute("insert into users (id, user_id, is_anonymous) values (5, 'e', 'maybe')");
        legacy.execute("insert into users (id, user_id, total_queries) values (6, 'f', 9e999)");
        legacy.execute("insert into users (id, user_id, email) values (7, 'g', x'00ff')");
        legacy.execute("insert into users (id, user_id) values (1000000000, 'h'), (-1, 'i')");
        legacy.execute("insert into users (id, user_id, email) values (9, 'k', cast(x'ff' as text)), (10, 'l',"
                + " printf('%.*c', 3000000, 'ä') || printf('%.*c', 2000000, char(7)))");
        legacy.execute("drop index ix_users_email");
        legacy.execute("insert into users (id, user_id, email) values (8, 'j', 'user-1@example.org')");
        legacy.execute("insert into chat_sessions (id, session_id, user_id) values (1, 's', 'nobody'), (2, 't', null)");
        legacy.execute(
                "insert into chat_messages (id, session_id, sources) values (1, 's', '[{\"a\": 1}]'), (2, 's', '[{')");

        Report report = Inspection.of(legacy.file(), LegacySchema.PLAIN);

        assertThat(table(report, "users").hazards())
                .extracting(Hazard::kind, Hazard::column, Hazard::effect, Hazard::rows, Hazard::examples)
                .containsExactlyInAnyOrder(
                        tuple("odd-date", "created_at", Effect.QUARANTINED, 2L, List.of(2L, 3L)),
                        tuple("nul", "email", Effect.CONVERTED, 1L, List.of(4L)),
                        tuple("not-boolean", "is_anonymous", Effect.QUARANTINED, 1L, List.of(5L)),
                        tuple("not-integer", "total_queries", Effect.QUARANTINED, 1L, List.of(6L)),
                        tuple("blob", "email", Effect.QUARANTINED, 1L, List.of(7L)),
                        tuple("id-out-of-range", "id", Effect.QUARANTINED, 2L, List.of(-1L, 1_000_000_000L)),
                        tuple("not-utf8", "email", Effect.CONVERTED, 1L, List.of(9L)),
                        tuple("too-large", "email", Effect.QUARANTINED, 1L, List.of(10L)),
                        tuple("duplicate", "email", Effect.QUARANTINED, 1L, List.of(8L)));
        assertThat(table(report, "chat_sessions").hazards())
                .extracting(Hazard::kind, Hazard::effect, Hazard::examples)
                .containsExactly(
                        tuple("orphan", Effect.AS_IT_IS, List.of(1L)),
                        tuple("null-reference", Effect.AS_IT_IS, List.of(2L)));
        assertThat(table(report, "chat_messages").hazards())
                .extracting(Hazard::kind, Hazard::column, Hazard::examples)
                .containsExactly(tuple("broken-json", "sources", List.of(2L)));
    }

    @Test
    void otherSchemaIsComparedByName() throws Exception {
        legacy.execute("drop table usage_logs");
        legacy.execute("drop table chat_messages");
        legacy.execute("create table chat_messages (session_id VARCHAR(36), id INTEGER PRIMARY KEY, content BLOB,"
                + " role VARCHAR, created_at DATETIME, rating INTEGER)");
        legacy.execute("create table \"odd \"\" name\" (a)");
        legacy.execute("insert into \"odd \"\" name\" values (1), (2)");
        legacy.execute("create virtual table search using fts5(text)"); // others have modules that nobody has here
        legacy.execute("create trigger touched after insert on chat_messages begin select 1; end");

        Report report = Inspection.of(legacy.file(), LegacySchema.PLAIN);

        Report.Table messages = table(report, "chat_messages");
        assertThat(messages.missingColumns()).containsExactly("sources");
        assertThat(messages.extraColumns()).containsExactly("rating");
        assertThat(messages.otherTypes()).containsExactly(new Report.OtherType("content", "BLOB", "VARCHAR"));
        assertThat(messages.inOrder()).isFalse();
        assertThat(messages.triggers()).containsExactly("touched");
        assertThat(table(report, "usage_logs").present()).isFalse();
        assertThat(report.otherTables())
                .contains(new Report.OtherTable("odd \" name", 2L), new Report.OtherTable("search", null));
    }

    @Test
    void fileIsNotChanged() throws Exception {
        legacy.execute("pragma journal_mode = wal");
        legacy.execute("insert into users (id, user_id) values (2, 'b')");
        byte[] before = digest();
        assertThat(table(Inspection.of(legacy.file(), LegacySchema.PLAIN), "users")
                        .rows())
                .isEqualTo(2);
        assertThat(digest()).isEqualTo(before);
    }

    @Test
    void brokenFileIsRefused() throws Exception {
        byte[] begin = Arrays.copyOf(Files.readAllBytes(legacy.file()), 50);
        Path broken = Files.write(folder.resolve("broken.db"), begin);
        assertThatThrownBy(() -> Inspection.of(broken, LegacySchema.PLAIN))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("not readable");
    }

    @Test
    void referencesToATableThatIsNotThereAreOrphans() throws Exception {
        legacy.execute("drop table chat_sessions");
        legacy.execute("insert into chat_messages (id, session_id) values (1, 's')");
        assertThat(table(Inspection.of(legacy.file(), LegacySchema.PLAIN), "chat_messages")
                        .hazards())
                .extracting(Hazard::kind)
                .containsExactly("orphan");
    }

    @Test
    void whatIsNoDatabaseIsRefused() throws Exception {
        Path text = Files.writeString(folder.resolve("notes.txt"), "this is not a database");
        assertThatThrownBy(() -> Inspection.of(text, LegacySchema.PLAIN))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("is no SQLite database");
    }

    private byte[] digest() throws Exception {
        return MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(legacy.file()));
    }

    private static Report.Table table(Report report, String name) {
        return report.tables().stream()
                .filter(table -> table.table().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
