package io.knowledgebase.ingest.cutover.sink;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.knowledgebase.ingest.cutover.legacy.LegacyChange;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import io.knowledgebase.ingest.cutover.legacy.Secrets;
import io.knowledgebase.ingest.cutover.sink.Sink.Told;
import io.knowledgebase.ingest.seal.Seal;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.schemas.database.Database;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

class SinkIT {

    private static final LegacyTable TABLE = LegacyTable.CHAT_SESSIONS;

    private static HikariDataSource database;
    private static JdbcClient jdbc;
    private static Sink sink;

    private long offset = 100;

    @BeforeAll
    static void migrate() throws Exception {
        PostgresCluster postgres = PostgresCluster.forTests();
        String url = postgres.createDatabase("cutover_sink");
        Database.migrate(url, postgres.user(), postgres.password());
        database = new HikariDataSource();
        database.setJdbcUrl(url);
        database.setUsername(postgres.user());
        database.setPassword(postgres.password());
        database.setMaximumPoolSize(2);
        jdbc = JdbcClient.create(database);
        sink = new Sink(
                new SinkStore(jdbc, new TransactionTemplate(new JdbcTransactionManager(database))),
                new Secrets(Seal.of(List.of("5a".repeat(32)))));
    }

    @AfterAll
    static void close() {
        database.close();
    }

    @BeforeEach
    void begin() {
        jdbc.sql("delete from chat_sessions").update();
        jdbc.sql("update cutover set state = 'streaming'").update();
        jdbc.sql("delete from cutover_tables").update();
        jdbc.sql("delete from cutover_quarantine").update();
        jdbc.sql("insert into cutover_tables (table_name, rows_at_start, next_offset) values ('chat_sessions', 0, 100)")
                .update();
    }

    @Test
    void whatIsToldAgainAfterACrashDoesNothing() {
        List<LegacyChange> told =
                List.of(row("r", 1, 5, "a"), row("u", 1, 6, "b"), gone(2, 7), row("c", 3, 8, "c"), row("u", 3, 9, "d"));
        apply(told);
        apply(told.subList(1, 4)); // by a capture that went on from an older position, and has not come further yet

        assertThat(sessions()).containsExactly("1 b", "3 d");
    }

    @Test
    void recordsThatWereTakenAreLeftOutWhateverTheyTell() {
        List<Told> first = told(List.of(row("r", 1, 5, "a")));
        sink.apply(TABLE, first);
        jdbc.sql("update chat_sessions set session_id = 'later'").update();
        sink.apply(TABLE, first); // the consumer begins again where it was

        assertThat(sessions()).containsExactly("1 later");
    }

    /** Compaction removes a deletion as soon as its tombstone is there. */
    @Test
    void tombstoneAloneDeletesAndAnOldOneDoesNot() {
        apply(List.of(row("r", 1, 5, "a"), row("r", 2, 5, "b")));
        apply(List.of(tombstone(1, 6)));
        assertThat(sessions()).containsExactly("2 b");

        apply(List.of(row("c", 1, 7, "again")));
        apply(List.of(tombstone(1, 6)));
        assertThat(sessions()).containsExactly("1 again", "2 b");
    }

    @Test
    void tableThatBeginsForgetsWhatWasKnownOfIt() {
        apply(List.of(row("r", 1, 5, "a"), row("r", 2, 5, "b")));
        apply(List.of(row("c", 3, 6, "c"), change("t", "null", 7), row("r", 2, 7, "b2")));

        assertThat(sessions()).containsExactly("2 b2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"idle", "cut-over", "rolled-back", "closed"})
    void processThatDoesNotKnowThatTheMoveIsOverWritesNothing(String state) {
        apply(List.of(row("r", 1, 5, "a")));
        jdbc.sql("update cutover set state = :state").param("state", state).update();
        apply(List.of(row("u", 1, 6, "too late")));

        assertThat(sessions()).containsExactly("1 a");
    }

    @Test
    void valueOfAUniqueColumnWandersFromRowToRow() {
        apply(List.of(row("r", 1, 5, "a"), row("r", 2, 5, "b")));
        apply(List.of(row("u", 1, 6, "c"), row("u", 2, 7, "a"), row("u", 1, 8, "b")));

        assertThat(sessions()).containsExactly("1 b", "2 a");
        assertThat(jdbc.sql("select count(*) from cutover_quarantine")
                        .query(Integer.class)
                        .single())
                .isZero();
    }

    private void apply(List<LegacyChange> changes) {
        sink.apply(TABLE, told(changes));
    }

    private List<Told> told(List<LegacyChange> changes) {
        List<Told> told = new ArrayList<>();
        changes.forEach(change -> told.add(new Told(offset++, change)));
        return told;
    }

    private static LegacyChange row(String operation, long id, long changeId, String sessionId) {
        return change(operation, "{\"id\": " + id + ", \"session_id\": \"" + sessionId + "\"}", changeId);
    }

    private static LegacyChange change(String operation, String after, long changeId) {
        return LegacyChange.of("{\"op\": \"" + operation + "\", \"before\": null, \"after\": " + after
                + ", \"source\": {\"change_id\": " + changeId + "}}");
    }

    private static LegacyChange gone(long id, long changeId) {
        return LegacyChange.of("{\"op\": \"d\", \"before\": {\"id\": " + id
                + "}, \"after\": null, \"source\": {\"change_id\": " + changeId + "}}");
    }

    private static LegacyChange tombstone(long id, long changeId) {
        ProducerRecord<String, String> sent = LegacyChange.tombstone(TABLE.topic(), LegacyChange.key(id), changeId);
        return LegacyChange.of(new ConsumerRecord<>(
                sent.topic(),
                0,
                0,
                0,
                TimestampType.CREATE_TIME,
                -1,
                -1,
                sent.key(),
                sent.value(),
                new RecordHeaders(sent.headers()),
                Optional.empty()));
    }

    private static List<String> sessions() {
        return jdbc.sql("select id || ' ' || session_id from chat_sessions order by id")
                .query(String.class)
                .list();
    }
}
