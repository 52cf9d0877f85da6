package io.knowledgebase.sqlite;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.SourceConnector;

/**
 * Tells the rows of a SQLite database and every change of them, a topic a table. Its settings:
 *
 * <ul>
 *   <li>{@value #DATABASE_FILE}: the file
 *   <li>{@value #TOPIC_PREFIX}: topics are {@code prefix.table}
 *   <li>{@value #TABLES}: their names, separated by commas
 *   <li>{@value #POLL_INTERVAL}: milliseconds between looks at the log when nothing happens
 *   <li>{@value #RANGE_ROWS}: rows of the snapshot that are read in one transaction
 *   <li>{@value #BATCH_CHANGES}: changes that are read in one transaction
 *   <li>{@value #BUSY_TIMEOUT}: milliseconds to wait for the application's own transactions
 *   <li>{@value #HEARTBEAT}: milliseconds without a record after which one tells how far the log was read, to the topic
 *       {@value #HEARTBEAT_TOPIC_PREFIX} and the prefix; 0 for none
 * </ul>
 */
public final class SqliteSourceConnector extends SourceConnector {

    public static final String DATABASE_FILE = "database.file";
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
            .define(DATABASE_FILE, ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "The SQLite file.")
            .define(TOPIC_PREFIX, ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "Topics are prefix.table.")
            .define(TABLES, ConfigDef.Type.LIST, ConfigDef.Importance.HIGH, "Names of the tables.")
            .define(
                    POLL_INTERVAL,
                    ConfigDef.Type.LONG,
                    200L,
                    ConfigDef.Range.atLeast(1),
                    ConfigDef.Importance.LOW,
                    "Milliseconds between looks at the log when nothing happens.")
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
                    "Changes that are read in one transaction.")
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

    /** One task: SQLite has one log. */
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
