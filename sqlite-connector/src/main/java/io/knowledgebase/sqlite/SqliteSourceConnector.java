package io.knowledgebase.sqlite;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.SourceConnector;

/**
 * Tells the rows of a SQLite database and every change of them, a topic a table. In the mode {@value #TRIGGERS} triggers
 * log each change of a live file; in the mode {@value #EXPORTS} files that are exported into a folder, of the same
 * database, are compared with the one before. Exports are made with {@code VACUUM INTO}, or with the backup API and
 * {@code PRAGMA journal_mode=DELETE} if the database is in WAL mode. The settings:
 *
 * <ul>
 *   <li>{@value #CAPTURE_MODE}: {@value #TRIGGERS} or {@value #EXPORTS}
 *   <li>{@value #DATABASE_FILE}: the file; for triggers
 *   <li>{@value #EXPORTS_FOLDER}: the folder into which files are exported; they may be removed when they are taken
 *   <li>{@value #EXPORTS_STATE_FOLDER}: where copies of the last exports are kept, of one connector only; by default
 *       {@code .sqlite-connector} in the folder of exports
 *   <li>{@value #EXPORTS_SETTLE}: milliseconds for which a file must not have changed before it is taken
 *   <li>{@value #TOPIC_PREFIX}: topics are {@code prefix.table}
 *   <li>{@value #TABLES}: their names, separated by commas
 *   <li>{@value #POLL_INTERVAL}: milliseconds between looks at the log, or the folder, when nothing happens
 *   <li>{@value #RANGE_ROWS}: rows of the snapshot that are read in one transaction; for triggers
 *   <li>{@value #BATCH_CHANGES}: changes that are told at once, and for triggers read in one transaction
 *   <li>{@value #BUSY_TIMEOUT}: milliseconds to wait for the application's own transactions; for triggers
 *   <li>{@value #HEARTBEAT}: milliseconds without a record after which one tells how far the capture is, to the topic
 *       {@value #HEARTBEAT_TOPIC_PREFIX} and the prefix; 0 for none
 * </ul>
 */
public final class SqliteSourceConnector extends SourceConnector {

    public static final String CAPTURE_MODE = "capture.mode";
    public static final String TRIGGERS = "triggers";
    public static final String EXPORTS = "exports";
    public static final String DATABASE_FILE = "database.file";
    public static final String EXPORTS_FOLDER = "exports.folder";
    public static final String EXPORTS_STATE_FOLDER = "exports.state.folder";
    public static final String EXPORTS_SETTLE = "exports.settle.ms";
    public static final String TOPIC_PREFIX = "topic.prefix";
    public static final String TABLES = "tables";
    public static final String POLL_INTERVAL = "poll.interval.ms";
    public static final String RANGE_ROWS = "snapshot.range.rows";
    public static final String BATCH_CHANGES = "batch.changes";
    public static final String BUSY_TIMEOUT = "busy.timeout.ms";
    public static final String HEARTBEAT = "heartbeat.interval.ms";

    /** As Debezium's own connectors have it. */
    public static final String HEARTBEAT_TOPIC_PREFIX = "__debezium-heartbeat.";

    static final ConfigDef SETTINGS = new ConfigDef()
            .define(
                    CAPTURE_MODE,
                    ConfigDef.Type.STRING,
                    TRIGGERS,
                    ConfigDef.ValidString.in(TRIGGERS, EXPORTS),
                    ConfigDef.Importance.HIGH,
                    "triggers on a live file, or exports in a folder.")
            .define(DATABASE_FILE, ConfigDef.Type.STRING, "", ConfigDef.Importance.HIGH, "The SQLite file.")
            .define(
                    EXPORTS_FOLDER,
                    ConfigDef.Type.STRING,
                    "",
                    ConfigDef.Importance.HIGH,
                    "The folder into which files are exported.")
            .define(
                    EXPORTS_STATE_FOLDER,
                    ConfigDef.Type.STRING,
                    "",
                    ConfigDef.Importance.LOW,
                    "Where copies of the last exports are kept; by default in the folder of exports.")
            .define(
                    EXPORTS_SETTLE,
                    ConfigDef.Type.LONG,
                    2_000L,
                    ConfigDef.Range.atLeast(0),
                    ConfigDef.Importance.LOW,
                    "Milliseconds for which an export must not have changed before it is taken.")
            .define(TOPIC_PREFIX, ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "Topics are prefix.table.")
            .define(TABLES, ConfigDef.Type.LIST, ConfigDef.Importance.HIGH, "Names of the tables.")
            .define(
                    POLL_INTERVAL,
                    ConfigDef.Type.LONG,
                    200L,
                    ConfigDef.Range.atLeast(1),
                    ConfigDef.Importance.LOW,
                    "Milliseconds between looks when nothing happens.")
            .define(
                    RANGE_ROWS,
                    ConfigDef.Type.INT,
                    2_000,
                    ConfigDef.Range.atLeast(1),
                    ConfigDef.Importance.LOW,
                    "Rows of the snapshot that are read in one transaction.")
            .define(
                    BATCH_CHANGES,
                    ConfigDef.Type.INT,
                    2_000,
                    ConfigDef.Range.atLeast(1),
                    ConfigDef.Importance.LOW,
                    "Changes that are told at once.")
            .define(
                    BUSY_TIMEOUT,
                    ConfigDef.Type.INT,
                    10_000,
                    ConfigDef.Range.atLeast(0),
                    ConfigDef.Importance.LOW,
                    "Milliseconds to wait for the application's own transactions.")
            .define(
                    HEARTBEAT,
                    ConfigDef.Type.LONG,
                    0L,
                    ConfigDef.Range.atLeast(0),
                    ConfigDef.Importance.LOW,
                    "Milliseconds without a record after which a heartbeat is told; 0 for none.");

    private Map<String, String> settings = Map.of();

    @Override
    public String version() {
        return "1";
    }

    @Override
    public void start(Map<String, String> props) {
        settings = Map.copyOf(props);
    }

    @Override
    public Class<? extends Task> taskClass() {
        return SqliteSourceTask.class;
    }

    /** One task: SQLite has one log, and exports have one order. */
    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        return List.of(settings);
    }

    @Override
    public void stop() {
        settings = Map.of();
    }

    @Override
    public ConfigDef config() {
        return SETTINGS;
    }
}
