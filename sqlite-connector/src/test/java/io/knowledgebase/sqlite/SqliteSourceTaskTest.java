package io.knowledgebase.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTaskContext;
import org.apache.kafka.connect.storage.OffsetStorageReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteSourceTaskTest {

    @TempDir
    Path folder;

    private final Offsets offsets = new Offsets();
    private final Map<String, String> settings = new HashMap<>();
    private Connection application;
    private SqliteSourceTask task;

    @BeforeEach
    void create() throws SQLException {
        application = DriverManager.getConnection("jdbc:sqlite:" + file());
        application("create table users (id integer primary key, name varchar, active boolean, created datetime)");
        application("create table notes (id integer primary key, text text)");
    }

    @AfterEach
    void stop() throws SQLException {
        if (task != null) {
            task.stop();
        }
        application.close();
    }

    @Test
    void recordsHaveDebeziumsEnvelope() throws Exception {
        application("insert into users values (1, 'Ann', 1, '2026-01-02 03:04:05')");
        start();
        SourceRecord read = poll().get(0);

        assertThat(read.topic()).isEqualTo("kb.legacy.users");
        assertThat(read.kafkaPartition()).isZero();
        assertThat(((Struct) read.key()).getInt64("id")).isEqualTo(1);
        Struct envelope = (Struct) read.value();
        assertThat(envelope.getString("op")).isEqualTo("r");
        assertThat(envelope.getStruct("before")).isNull();
        Struct after = envelope.getStruct("after");
        assertThat(after.getString("name")).isEqualTo("Ann");
        assertThat(after.getInt64("active")).isEqualTo(1);
        assertThat(after.getString("created")).isEqualTo("2026-01-02 03:04:05");
        Struct source = envelope.getStruct("source");
        assertThat(source.getString("db")).isEqualTo("legacy.db");
        assertThat(source.getString("table")).isEqualTo("users");
        assertThat(source.getString("snapshot")).isEqualTo("true");
        assertThat(source.getString("misfits")).isNull();
        assertThat(read.valueSchema().field("after").schema().field("active").schema())
                .isEqualTo(Schema.OPTIONAL_INT64_SCHEMA);
    }

    @Test
    void whatWasKnownOfATableIsVoidAtItsBeginning() throws Exception {
        start();
        assertThat(task.poll())
                .extracting(SourceRecord::topic, record -> ((Struct) record.value()).getString("op"), SourceRecord::key)
                .containsExactly(tuple("kb.legacy.users", "t", null), tuple("kb.legacy.notes", "t", null));
    }

    @Test
    void fileThatIsReplacedByAnotherOneIsNotReadOn() throws Exception {
        start();
        pollAll();
        Path other = folder.resolve("other.db");
        application("backup to " + other);
        Files.move(other, file(), StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> task.poll())
                .isInstanceOf(CaptureException.class)
                .hasMessageContaining("another file was put in the place");
    }

    @Test
    void deletionIsFollowedByATombstone() throws Exception {
        application("insert into users (id, name) values (1, 'Ann')");
        start();
        pollAll();
        application("delete from users where id = 1");
        List<SourceRecord> records = pollAll();

        assertThat(records).hasSize(2);
        assertThat(((Struct) records.get(0).value()).getString("op")).isEqualTo("d");
        assertThat(((Struct) records.get(0).value()).getStruct("before").getString("name"))
                .isEqualTo("Ann");
        assertThat(records.get(1).value()).isNull();
        assertThat(records.get(1).key()).isEqualTo(records.get(0).key());
    }

    @Test
    void valueThatDoesNotFitItsDeclaredTypeIsNotLost() throws Exception {
        application("insert into users (id, name, active) values (1, x'00ff', 'maybe')");
        start();
        Struct envelope = (Struct) poll().get(0).value();

        assertThat(envelope.getStruct("after").getString("name")).isNull();
        assertThat(envelope.getStruct("after").getInt64("active")).isNull();
        assertThat(envelope.getStruct("source").getString("misfits"))
                .isEqualTo("{\"name\":{\"class\":\"blob\",\"value\":\"00ff\"},"
                        + "\"active\":{\"class\":\"text\",\"value\":\"maybe\"}}");
    }

    @Test
    void valueThatFitsAgainIsNoMisfitAnyMore() throws Exception {
        application("insert into users (id, active) values (1, 'maybe')");
        start();
        pollAll();
        application("update users set active = 1 where id = 1");
        Struct envelope = (Struct) pollAll().get(0).value();

        assertThat(envelope.getStruct("after").getInt64("active")).isEqualTo(1);
        assertThat(envelope.getStruct("source").getString("misfits")).isNull();
    }

    @Test
    void anotherTaskGoesOnWhereTheOffsetsSay() throws Exception {
        for (int id = 1; id <= 7; id++) {
            application("insert into users (id) values (" + id + ")");
        }
        start();
        List<SourceRecord> told = new ArrayList<>(poll()); // three of seven
        assertThat(told).hasSize(3);
        task.stop();
        application("update users set name = 'seen' where id = 2");
        application("update users set name = 'seen' where id = 6");

        start();
        told.addAll(pollAll());

        assertThat(told)
                .extracting(record -> ((Struct) record.value()).getString("op") + ((Struct) record.key()).get("id"))
                .containsExactly("r1", "r2", "r3", "u2", "r4", "r5", "r6", "r7");
    }

    @Test
    void changesThatWereTakenLeaveTheLog() throws Exception {
        start();
        pollAll();
        application("with recursive n(i) as (select 1 union all select i + 1 from n where i < 4000)"
                + " insert into notes (id, text) select i, 'text' from n");
        assertThat(pollAll()).hasSize(4000);
        poll();

        assertThat(count(ChangeLog.TABLE)).isZero();
        application("insert into notes (id) values (9999)");
        assertThat(pollAll()).as("ids go on").hasSize(1);
    }

    @Test
    void changesOfWhichOneIsNotAcknowledgedStayInTheLog() throws Exception {
        start();
        pollAll();
        application("with recursive n(i) as (select 1 union all select i + 1 from n where i < 4000)"
                + " insert into notes (id, text) select i, 'text' from n");
        List<SourceRecord> records = task.poll();
        records.subList(1, records.size()).forEach(record -> task.commitRecord(record, null)); // not the first
        for (int i = 0; i < 3; i++) {
            task.commit();
            task.poll();
        }
        assertThat(count(ChangeLog.TABLE)).isGreaterThanOrEqualTo(4000);
    }

    @Test
    void heartbeatTellsHowFarTheLogWasRead() throws Exception {
        settings.put(SqliteSourceConnector.HEARTBEAT, "1");
        application("insert into users (id) values (1)");
        start();
        SourceRecord heartbeat = null;
        while (heartbeat == null || heartbeat.topic().startsWith("kb.legacy.")) {
            List<SourceRecord> records = task.poll();
            heartbeat = records == null || records.isEmpty() ? null : records.get(records.size() - 1);
        }

        assertThat(heartbeat.topic()).isEqualTo("__debezium-heartbeat.kb.legacy");
        assertThat(heartbeat.sourceOffset().get(Position.CHANGE_ID)).isEqualTo(SqliteCapture.lastChangeId(application));
        SqliteCapture.remove(application);
        assertThat(SqliteCapture.isPresent(application)).isFalse();
        assertThat(SqliteCapture.lastChangeId(application)).isZero();
    }

    @Test
    void missingFileIsNamed() {
        SqliteSourceTask missing = new SqliteSourceTask();
        assertThatThrownBy(() -> missing.start(Map.of(
                        SqliteSourceConnector.DATABASE_FILE,
                                folder.resolve("none.db").toString(),
                        SqliteSourceConnector.TOPIC_PREFIX, "kb.legacy",
                        SqliteSourceConnector.TABLES, "users")))
                .isInstanceOf(CaptureException.class)
                .hasMessageContaining("there is no file")
                .hasMessageContaining("none.db");
    }

    private void start() {
        SqliteSourceConnector connector = new SqliteSourceConnector();
        settings.putAll(Map.of(
                SqliteSourceConnector.DATABASE_FILE, file().toString(),
                SqliteSourceConnector.TOPIC_PREFIX, "kb.legacy",
                SqliteSourceConnector.TABLES, "users,notes",
                SqliteSourceConnector.POLL_INTERVAL, "1",
                SqliteSourceConnector.RANGE_ROWS, "3"));
        connector.start(settings);
        task = new SqliteSourceTask();
        task.initialize(offsets);
        task.start(connector.taskConfigs(1).get(0));
    }

    /** As the framework does it: what was told is taken, and its offset kept; without the tables' beginnings. */
    private List<SourceRecord> poll() throws InterruptedException {
        List<SourceRecord> records = task.poll();
        if (records == null) {
            task.commit();
            return List.of();
        }
        for (SourceRecord record : records) {
            offsets.offset = new HashMap<>(record.sourceOffset());
            task.commitRecord(record, null);
        }
        task.commit();
        return records.stream().filter(record -> record.key() != null).toList();
    }

    private List<SourceRecord> pollAll() throws InterruptedException {
        List<SourceRecord> all = new ArrayList<>();
        for (int idle = 0; idle < 4; ) {
            List<SourceRecord> records = poll();
            all.addAll(records);
            idle = records.isEmpty() ? idle + 1 : 0;
        }
        return all;
    }

    private Path file() {
        return folder.resolve("legacy.db");
    }

    private void application(String sql) throws SQLException {
        try (Statement statement = application.createStatement()) {
            statement.execute(sql);
        }
    }

    private int count(String table) throws SQLException {
        try (Statement statement = application.createStatement();
                ResultSet rows = statement.executeQuery("select count(*) from " + table)) {
            return rows.getInt(1);
        }
    }

    private static final class Offsets implements SourceTaskContext, OffsetStorageReader {

        private Map<String, Object> offset;

        @Override
        public Map<String, String> configs() {
            return Map.of();
        }

        @Override
        public OffsetStorageReader offsetStorageReader() {
            return this;
        }

        @Override
        public PluginMetrics pluginMetrics() {
            return null;
        }

        @Override
        public <T> Map<String, Object> offset(Map<String, T> partition) {
            return offset;
        }

        @Override
        public <T> Map<Map<String, T>, Map<String, Object>> offsets(Collection<Map<String, T>> partitions) {
            return Map.of();
        }
    }
}
