package io.knowledgebase.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Debezium's own engine runs the connector, and goes on where it was. */
class EmbeddedEngineTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private final List<SourceRecord> records = new CopyOnWriteArrayList<>();

    @Test
    void rowsAndChangesArriveOnceAlsoWithAnotherEngine() throws Exception {
        try (Connection application = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("legacy.db"))) {
            execute(application, "create table users (id integer primary key, name varchar)");
            execute(application, "insert into users values (1, 'a'), (2, 'b')");
            run(() -> {
                await().atMost(PATIENCE).until(() -> records.size() == 3);
                execute(application, "update users set name = 'c' where id = 2");
                await().atMost(PATIENCE).until(() -> records.size() == 4);
            });
            execute(application, "insert into users values (3, 'd')");
            run(() -> await().atMost(PATIENCE).until(() -> records.size() == 5));
        }
        assertThat(records.subList(1, records.size())) // the first one says that the table begins
                .extracting(record -> ((Struct) record.value()).getString("op") + ((Struct) record.key()).get("id"))
                .containsExactly("r1", "r2", "u2", "c3");
    }

    private interface Meanwhile {
        void happens() throws SQLException;
    }

    private void run(Meanwhile meanwhile) throws Exception {
        Properties settings = new Properties();
        settings.setProperty("name", "legacy");
        settings.setProperty("connector.class", SqliteSourceConnector.class.getName());
        settings.setProperty("offset.storage", "org.apache.kafka.connect.storage.FileOffsetBackingStore");
        settings.setProperty(
                "offset.storage.file.filename", folder.resolve("offsets").toString());
        settings.setProperty("offset.flush.interval.ms", "0");
        settings.setProperty(
                SqliteSourceConnector.DATABASE_FILE, folder.resolve("legacy.db").toString());
        settings.setProperty(SqliteSourceConnector.TOPIC_PREFIX, "kb.legacy");
        settings.setProperty(SqliteSourceConnector.TABLES, "users");
        settings.setProperty(SqliteSourceConnector.POLL_INTERVAL, "20");
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (DebeziumEngine<RecordChangeEvent<SourceRecord>> engine = DebeziumEngine.create(
                        ChangeEventFormat.of(Connect.class))
                .using(settings)
                .notifying((batch, committer) -> {
                    for (RecordChangeEvent<SourceRecord> event : batch) {
                        records.add(event.record());
                        committer.markProcessed(event);
                    }
                    committer.markBatchFinished();
                })
                .build()) {
            thread.execute(engine);
            meanwhile.happens();
        } finally {
            thread.shutdown();
            assertThat(thread.awaitTermination(30, java.util.concurrent.TimeUnit.SECONDS))
                    .isTrue();
        }
    }

    private static void execute(Connection application, String sql) throws SQLException {
        try (Statement statement = application.createStatement()) {
            statement.execute(sql);
        }
    }
}
