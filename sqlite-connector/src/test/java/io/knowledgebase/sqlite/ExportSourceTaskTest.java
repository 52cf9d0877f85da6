package io.knowledgebase.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTaskContext;
import org.apache.kafka.connect.storage.OffsetStorageReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The task as Connect runs it, on a folder of exports. */
class ExportSourceTaskTest {

    private static final Instant FIRST = Instant.parse("2026-01-02T03:04:05Z");

    @TempDir
    Path root;

    private final Offsets offsets = new Offsets();
    private final Map<String, String> settings = new HashMap<>();
    private Path folder;
    private Connection application;
    private SqliteSourceTask task;

    @BeforeEach
    void create() throws SQLException, IOException {
        folder = Files.createDirectory(root.resolve("exports"));
        application = DriverManager.getConnection("jdbc:sqlite:" + root.resolve("legacy.db"));
        application("create table users (id integer primary key, name varchar, active boolean)");
        settings.putAll(Map.of(
                SqliteSourceConnector.CAPTURE_MODE, SqliteSourceConnector.EXPORTS,
                SqliteSourceConnector.EXPORTS_FOLDER, folder.toString(),
                SqliteSourceConnector.EXPORTS_SETTLE, "0",
                SqliteSourceConnector.TOPIC_PREFIX, "kb.legacy",
                SqliteSourceConnector.TABLES, "users",
                SqliteSourceConnector.POLL_INTERVAL, "1",
                SqliteSourceConnector.BATCH_CHANGES, "3"));
    }

    @AfterEach
    void stop() throws SQLException {
        if (task != null) {
            task.stop();
        }
        application.close();
    }

    @Test
    void recordsHaveTheSameEnvelopeAsThoseOfTriggers() throws Exception {
        application("insert into users values (1, x'00ff', 'maybe'), (2, 'Bea', 1)");
        export("1.db", FIRST);
        start();
        List<SourceRecord> records = pollAll();

        SourceRecord begin = records.get(0);
        assertThat(begin.topic()).isEqualTo("kb.legacy.users");
        assertThat(begin.key()).isNull();
        assertThat(op(begin)).isEqualTo("t");
        Struct read = (Struct) records.get(1).value();
        assertThat(read.getString("op")).isEqualTo("r");
        assertThat(read.getStruct("before")).isNull();
        assertThat(read.getStruct("after").getString("name")).isNull();
        Struct source = read.getStruct("source");
        assertThat(source.getString("misfits"))
                .isEqualTo("{\"name\":{\"class\":\"blob\",\"value\":\"00ff\"},"
                        + "\"active\":{\"class\":\"text\",\"value\":\"maybe\"}}");
        assertThat(source.getString("db")).isEqualTo("1.db");
        assertThat(source.getString("table")).isEqualTo("users");
        assertThat(source.getString("snapshot")).isEqualTo("true");
        assertThat(source.getInt64("ts_ms")).isEqualTo(FIRST.toEpochMilli());

        application("update users set name = 'Ann' where id = 1");
        application("delete from users where id = 2");
        export("2.db", FIRST.plusSeconds(1));
        List<SourceRecord> changes = pollAll();
        assertThat(changes).hasSize(3);
        assertThat(op(changes.get(0))).isEqualTo("d");
        assertThat(changes.get(1).value()).as("tombstone").isNull();
        assertThat(changes.get(1).key()).isEqualTo(changes.get(0).key());
        Struct update = (Struct) changes.get(2).value();
        assertThat(update.getString("op")).isEqualTo("u");
        assertThat(update.getStruct("before").getString("name")).isNull();
        assertThat(update.getStruct("after").getString("name")).isEqualTo("Ann");
        assertThat(update.getStruct("source").getString("db")).isEqualTo("2.db");
        assertThat(update.getStruct("source").getString("snapshot")).isEqualTo("false");
        assertThat(update.getStruct("source").getInt64("change_id"))
                .isGreaterThan(read.getStruct("source").getInt64("change_id"))
                .isLessThanOrEqualTo(SqliteCapture.changeId(changes.get(2)));
    }

    @Test
    void recordsSayHowFarTheExportIsTold() throws Exception {
        application("insert into users (id) values (1), (2), (3), (4)");
        export("1.db", FIRST);
        start();
        List<SourceRecord> records = pollAll();
        assertThat(records).extracting(SqliteCapture::hasToldAllRows).containsExactly(false, false, false, false, true);
        assertThat(records.subList(0, 4))
                .allSatisfy(
                        record -> assertThat(SqliteCapture.exportTold(record)).isEmpty());
        assertThat(SqliteCapture.exportTold(records.get(4)))
                .contains(new Export("1.db", FIRST, Files.size(folder.resolve("1.db"))));

        application("delete from users");
        export("2.db", FIRST.plusSeconds(1));
        records = pollAll();
        assertThat(records).extracting(SqliteCapture::changeId).isSorted();
        assertThat(records).allMatch(SqliteCapture::hasToldAllRows);
        assertThat(SqliteCapture.exportTold(records.get(0))).isEmpty();
        assertThat(SqliteCapture.exportTold(records.get(7))).map(Export::name).contains("2.db");
        assertThat(SqliteCapture.exports(SqliteCapture.stateFolder(folder)).last())
                .map(Export::name)
                .contains("2.db");
    }

    @Test
    void heartbeatTellsThatAnExportWithoutChangesWasTold() throws Exception {
        settings.put(SqliteSourceConnector.HEARTBEAT, "1");
        application("insert into users (id) values (1)");
        export("1.db", FIRST);
        export("2.db", FIRST.plusSeconds(1));
        start();
        SourceRecord heartbeat = null;
        while (heartbeat == null
                || SqliteCapture.exportTold(heartbeat)
                        .filter(export -> export.name().equals("2.db"))
                        .isEmpty()) {
            List<SourceRecord> records = poll();
            heartbeat = records.isEmpty() ? heartbeat : records.get(records.size() - 1);
        }
        assertThat(heartbeat.topic()).isEqualTo("__debezium-heartbeat.kb.legacy");
        assertThat(SqliteCapture.hasToldAllRows(heartbeat)).isTrue();
    }

    @Test
    void anotherTaskGoesOnWhereTheOffsetsSay() throws Exception {
        application("insert into users (id) values (1), (2), (3), (4), (5), (6), (7)");
        export("1.db", FIRST);
        start();
        List<SourceRecord> told = new ArrayList<>(poll());
        assertThat(told).hasSize(3);
        task.stop();
        Files.delete(folder.resolve("1.db"));
        application("delete from users where id = 2");
        export("2.db", FIRST.plusSeconds(1));

        start();
        told.addAll(pollAll());
        assertThat(told.stream()
                        .filter(record -> record.value() != null && record.key() != null)
                        .map(record -> op(record) + ((Struct) record.key()).get("id")))
                .containsExactly("r1", "r2", "r3", "r4", "r5", "r6", "r7", "d2");
    }

    @Test
    void copyIsKeptUntilTheOffsetsOfTheNextOneAreStored() throws Exception {
        export("1.db", FIRST);
        start();
        pollAll();
        application("insert into users (id) values (1)");
        export("2.db", FIRST.plusSeconds(1));
        List<SourceRecord> records = List.of();
        while (records == null || records.isEmpty()) {
            records = task.poll(); // not acknowledged
        }
        for (int i = 0; i < 3; i++) {
            task.commit();
            task.poll();
        }
        assertThat(copies()).hasSize(2);
        records.forEach(record -> task.commitRecord(record, null));
        for (int i = 0; i < 3; i++) {
            task.commit();
            task.poll();
        }
        assertThat(copies()).hasSize(1);
    }

    @Test
    void copiesMayStandElsewhere() throws Exception {
        settings.put(
                SqliteSourceConnector.EXPORTS_STATE_FOLDER,
                root.resolve("state").toString());
        export("1.db", FIRST);
        start();
        pollAll();
        assertThat(SqliteCapture.stateFolder(folder)).doesNotExist();
        assertThat(SqliteCapture.exports(root.resolve("state")).last())
                .map(Export::name)
                .contains("1.db");
    }

    @Test
    void whatIsMissingIsNamed() {
        settings.put(SqliteSourceConnector.EXPORTS_FOLDER, root.resolve("none").toString());
        assertThatThrownBy(this::start)
                .isInstanceOf(CaptureException.class)
                .hasMessageContaining("there is no folder")
                .hasMessageContaining("none");
        settings.remove(SqliteSourceConnector.EXPORTS_FOLDER);
        assertThatThrownBy(this::start)
                .isInstanceOf(CaptureException.class)
                .hasMessage("the setting exports.folder is missing");
        settings.put(SqliteSourceConnector.CAPTURE_MODE, SqliteSourceConnector.TRIGGERS);
        assertThatThrownBy(this::start)
                .isInstanceOf(CaptureException.class)
                .hasMessage("the setting database.file is missing");
    }

    @Test
    void copiesCannotStandAmongTheExports() {
        settings.put(SqliteSourceConnector.EXPORTS_STATE_FOLDER, folder.toString());
        assertThatThrownBy(this::start)
                .isInstanceOf(CaptureException.class)
                .hasMessageContaining("cannot be the folder of exports and of their copies");
    }

    private void start() {
        SqliteSourceConnector connector = new SqliteSourceConnector();
        connector.start(settings);
        task = new SqliteSourceTask();
        task.initialize(offsets);
        task.start(connector.taskConfigs(1).get(0));
    }

    /** As the framework does it: what was told is taken, and its offset kept. */
    private List<SourceRecord> poll() throws InterruptedException {
        List<SourceRecord> records = task.poll();
        for (SourceRecord record : records == null ? List.<SourceRecord>of() : records) {
            offsets.offset = new HashMap<>(record.sourceOffset());
            task.commitRecord(record, null);
        }
        task.commit();
        return records == null ? List.of() : records;
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

    private static String op(SourceRecord record) {
        return ((Struct) record.value()).getString("op");
    }

    private void export(String name, Instant modified) throws SQLException, IOException {
        Path hidden = folder.resolve("." + name);
        application("vacuum into '" + hidden + "'");
        Files.setLastModifiedTime(hidden, FileTime.from(modified));
        Files.move(hidden, folder.resolve(name));
    }

    private List<Path> copies() throws IOException {
        try (var files = Files.list(SqliteCapture.stateFolder(folder))) {
            return files.filter(file -> file.toString().endsWith(".copy")).toList();
        }
    }

    private void application(String sql) throws SQLException {
        try (Statement statement = application.createStatement()) {
            statement.execute(sql);
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
