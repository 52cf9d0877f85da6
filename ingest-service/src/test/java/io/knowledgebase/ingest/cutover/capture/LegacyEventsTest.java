package io.knowledgebase.ingest.cutover.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.knowledgebase.ingest.cutover.legacy.LegacyChange;
import io.knowledgebase.ingest.cutover.legacy.LegacyRow;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import io.knowledgebase.ingest.cutover.legacy.MisfitException;
import io.knowledgebase.ingest.cutover.legacy.Secrets;
import io.knowledgebase.ingest.seal.Seal;
import io.knowledgebase.sqlite.SqliteSourceConnector;
import io.knowledgebase.sqlite.SqliteSourceTask;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** From SQLite through the connector and the event to the row that PostgreSQL gets. */
class LegacyEventsTest {

    @TempDir
    Path folder;

    private final Secrets secrets = new Secrets(Seal.of(List.of("5a".repeat(32))));
    private final List<ProducerRecord<String, String>> events = new ArrayList<>();

    @Test
    void tokensAreSealedInTheEventAndOpenInTheRow() throws Exception {
        tell("id integer primary key, user_id varchar, notion_token text", "(1, 'ann', 'secret_token')");

        assertThat(events.get(0).key()).isEqualTo("{\"id\":1}");
        assertThat(events.get(0).value()).contains("ann").doesNotContain("secret_token");
        assertThat(row().values()).contains("secret_token", "ann");
    }

    @Test
    void tokensOfAnyKindAreSealed() throws Exception {
        tell(
                "id integer primary key, notion_token text, google_access_token blob",
                "(1, x'7365637265745f626c6f62', 'secret_text')");

        assertThat(events.get(0).value())
                .doesNotContain("7365637265745f626c6f62")
                .doesNotContain("secret_text");
        assertThatThrownBy(this::row).isInstanceOf(MisfitException.class).hasMessage("notion_token is a blob");
    }

    @Test
    void numbersThatAreTokensAreSealed() throws Exception {
        tell("id integer primary key, notion_token integer, google_access_token real", "(1, 4711471147, 1234567.875)");

        assertThat(events.get(0).value()).doesNotContain("4711471147").doesNotContain("1234567.875");
        assertThat(row().values()).contains("4711471147", "1234567.875");
    }

    @Test
    void whatIsNotMovedIsNotToldEither() throws Exception {
        tell("id integer primary key, slack_token text, pin text", "(1, 'secret_token', x'471147114711471147114711')");

        assertThat(events.get(0).value())
                .doesNotContain("secret_token")
                .doesNotContain("471147114711471147114711")
                .doesNotContain("pin");
    }

    @Test
    void textInAColumnThatIsDeclaredOtherwiseIsItself() throws Exception {
        tell("id integer primary key, notion_token blob, email blob", "(1, 'secret_text', 'a@x')");
        assertThat(row().values()).contains("secret_text", "a@x");
    }

    @Test
    void columnsAreKnownInAnyCase() throws Exception {
        tell("ID integer primary key, User_Id varchar, NOTION_TOKEN text", "(1, 'ann', 'secret_token')");

        assertThat(events.get(0).value()).doesNotContain("secret_token");
        assertThat(row().id()).isEqualTo(1);
        assertThat(row().values()).contains("secret_token", "ann");
    }

    @Test
    void infinityAndBlobsTravel() throws Exception {
        tell("id integer primary key, total_queries real, email blob", "(1, 9e999, x'00ff')");
        assertThatThrownBy(this::row).isInstanceOf(MisfitException.class);
    }

    @Test
    void whatIsTooLargeForAnEventIsWithheldAndTheRowIsKnown() throws Exception {
        tell(
                "id integer primary key, user_id varchar, email text, notion_token blob",
                "(1, 'ann', printf('%.*c', 5000000, '\"'), zeroblob(3000000))");

        assertThat(events.get(0).value()).hasSizeBetween(8_000_000, 9_000_000).contains("ann");
        assertThatThrownBy(this::row)
                .isInstanceOf(MisfitException.class)
                .hasMessage("email is too large: a row may have 8 MiB as JSON");
    }

    @Test
    void ofWhatARowHadAMegabyteIsToldAndThatItIsGoneAnyhow() throws Exception {
        tell(
                "id integer primary key, user_id varchar, email text",
                "(1, 'ann', printf('%.*c', 1200000, 'x'))",
                "update users set email = 'short'",
                "delete from users");

        assertThat(event("u").at("/before/email").isNull()).isTrue();
        assertThat(event("u").at("/before/user_id").asString()).isEqualTo("ann");
        assertThat(event("u").at("/after/email").asString()).isEqualTo("short");
        assertThat(event("d").at("/before/email").asString()).isEqualTo("short");
        assertThat(event("d").at("/after").isNull()).isTrue();
    }

    private JsonNode event(String op) {
        return events.stream()
                .filter(event -> event.value() != null)
                .map(event -> JsonMapper.shared().readTree(event.value()))
                .filter(event -> event.path("op").asString().equals(op))
                .findFirst()
                .orElseThrow();
    }

    private LegacyRow row() throws MisfitException {
        return LegacyChange.of(events.get(0).value()).row(LegacyTable.USERS, secrets);
    }

    /** What the connector tells of a row, and of statements that come after the snapshot, up to a record of the last. */
    private void tell(String columns, String values, String... changes) throws SQLException, InterruptedException {
        Path file = folder.resolve("legacy.db");
        write(file, "create table users (" + columns + ")", "insert into users values " + values);
        SqliteSourceTask task = new SqliteSourceTask();
        task.start(Map.of(
                SqliteSourceConnector.DATABASE_FILE, file.toString(),
                SqliteSourceConnector.TOPIC_PREFIX, "kb.legacy",
                SqliteSourceConnector.TABLES, "users"));
        try {
            poll(task, 1);
            for (String change : changes) {
                int told = events.size();
                write(file, change);
                poll(task, told + 1);
            }
        } finally {
            task.stop();
        }
    }

    private static void write(Path file, String... statements) throws SQLException {
        try (Connection application = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = application.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private void poll(SqliteSourceTask task, int atLeast) throws InterruptedException {
        while (events.size() < atLeast) {
            List<SourceRecord> records = task.poll();
            (records == null ? List.<SourceRecord>of() : records)
                    .stream()
                            .filter(record -> record.key() != null)
                            .forEach(record -> events.add(new LegacyEvents(secrets).of(LegacyTable.USERS, record)));
        }
    }
}
