package io.knowledgebase.sqlite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** Captures; what is kept for changes that were taken, and whose offsets are stored, is removed. */
public final class SqliteSourceTask extends SourceTask {

    private static final Logger LOG = LoggerFactory.getLogger(SqliteSourceTask.class);
    private static final String FILE = "file";
    private static final String FOLDER = "folder";

    private final CountDownLatch stopped = new CountDownLatch(1);
    /** That is captured; null for exports. */
    private @Nullable Path file;

    private @Nullable Object fileKey;
    private @Nullable RowCapture capture;
    private @Nullable SourceRecords records;
    private long pollMillis;
    private long heartbeatMillis;
    private long lastRecordNanos;
    /** Records that were handed on and are not acknowledged yet, by the changes that they tell. */
    private final SortedMap<Long, Integer> underWay = new TreeMap<>();

    private long handedOn;
    private long acknowledged;
    private volatile long forgettable;

    @Override
    public String version() {
        return "1";
    }

    @Override
    public void start(Map<String, String> props) {
        AbstractConfig settings = new AbstractConfig(SqliteSourceConnector.SETTINGS, props);
        boolean areExports =
                settings.getString(SqliteSourceConnector.CAPTURE_MODE).equals(SqliteSourceConnector.EXPORTS);
        Path source =
                path(settings, areExports ? SqliteSourceConnector.EXPORTS_FOLDER : SqliteSourceConnector.DATABASE_FILE);
        Map<String, String> partition = Map.of(areExports ? FOLDER : FILE, source.toString());
        SourceOffset offset = context == null
                ? null
                : SourceOffset.of(context.offsetStorageReader().offset(partition))
                        .orElse(null);
        if (!areExports && Files.isRegularFile(source)) {
            file = source;
            fileKey = fileKey(source);
        }
        capture = areExports
                ? exports(source, settings, (ExportPosition) offset)
                : triggers(source, settings, (Position) offset);
        records = new SourceRecords(
                settings.getString(SqliteSourceConnector.TOPIC_PREFIX),
                String.valueOf(source.getFileName()),
                partition);
        pollMillis = settings.getLong(SqliteSourceConnector.POLL_INTERVAL);
        heartbeatMillis = settings.getLong(SqliteSourceConnector.HEARTBEAT);
        LOG.info("event=sqlite-capture-started resumed={}", offset != null);
    }

    private static Path path(AbstractConfig settings, String setting) {
        String path = settings.getString(setting);
        if (path.isBlank()) {
            throw new CaptureException("the setting " + setting + " is missing");
        }
        return Path.of(path).toAbsolutePath().normalize();
    }

    private static RowCapture triggers(Path file, AbstractConfig settings, @Nullable Position position) {
        if (!Files.isRegularFile(file)) {
            throw new CaptureException("there is no file " + file);
        }
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(settings.getInt(SqliteSourceConnector.BUSY_TIMEOUT));
        try {
            return new TriggerCapture(
                    config.createConnection("jdbc:sqlite:" + file),
                    settings.getList(SqliteSourceConnector.TABLES),
                    position,
                    settings.getInt(SqliteSourceConnector.RANGE_ROWS),
                    settings.getInt(SqliteSourceConnector.BATCH_CHANGES));
        } catch (SQLException e) {
            throw new CaptureException("the file " + file + " cannot be opened: " + e.getMessage(), e);
        }
    }

    private static RowCapture exports(Path folder, AbstractConfig settings, @Nullable ExportPosition position) {
        if (!Files.isDirectory(folder)) {
            throw new CaptureException("there is no folder " + folder);
        }
        Path stateFolder =
                settings.getString(SqliteSourceConnector.EXPORTS_STATE_FOLDER).isBlank()
                        ? SqliteCapture.stateFolder(folder)
                        : path(settings, SqliteSourceConnector.EXPORTS_STATE_FOLDER);
        if (stateFolder.equals(folder)) {
            throw new CaptureException(folder + " cannot be the folder of exports and of their copies");
        }
        Duration settle = Duration.ofMillis(settings.getLong(SqliteSourceConnector.EXPORTS_SETTLE));
        try {
            return ExportCapture.open(
                    new ExportFolder(folder, settle, Clock.systemUTC()),
                    stateFolder,
                    settings.getList(SqliteSourceConnector.TABLES),
                    position,
                    settings.getInt(SqliteSourceConnector.BATCH_CHANGES),
                    Clock.systemUTC());
        } catch (IOException e) {
            throw new CaptureException("the folder " + stateFolder + " cannot be used: " + e, e);
        }
    }

    @Override
    public @Nullable List<SourceRecord> poll() throws InterruptedException {
        RowCapture source = capture;
        SourceRecords format = records;
        if (source == null || format == null) {
            return null;
        }
        requireSameFile();
        try {
            source.forget(forgettable);
            List<RowEvent> events = source.next();
            if (events.isEmpty()) {
                if (source.isIdle()) {
                    var unused = stopped.await(pollMillis, TimeUnit.MILLISECONDS);
                }
                SourceOffset position = source.position();
                return position != null && heartbeatIsDue() ? handOn(List.of(format.heartbeat(position))) : null;
            }
            return handOn(
                    events.stream().flatMap(event -> format.of(event).stream()).toList());
        } catch (SQLException e) {
            if (isBusy(e)) {
                throw new RetriableException("the application holds the database", e);
            }
            throw new CaptureException("the database cannot be read: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new RetriableException("the exports cannot be read or copied: " + e, e);
        }
    }

    /** Nobody writes any more to a file in whose place another one was put, though it is still open here. */
    private void requireSameFile() {
        Path path = file;
        if (path != null && Files.exists(path) && !Objects.equals(fileKey, fileKey(path))) {
            throw new CaptureException("another file was put in the place of " + path);
        }
    }

    private static @Nullable Object fileKey(Path file) {
        try {
            return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        } catch (IOException e) {
            throw new CaptureException("the file " + file + " cannot be read: " + e, e);
        }
    }

    private boolean heartbeatIsDue() {
        return heartbeatMillis > 0
                && System.nanoTime() - lastRecordNanos >= TimeUnit.MILLISECONDS.toNanos(heartbeatMillis);
    }

    private static boolean isBusy(SQLException e) {
        return e instanceof SQLiteException sqliteException
                && (sqliteException.getResultCode() == SQLiteErrorCode.SQLITE_BUSY
                        || sqliteException.getResultCode() == SQLiteErrorCode.SQLITE_BUSY_SNAPSHOT
                        || sqliteException.getResultCode() == SQLiteErrorCode.SQLITE_LOCKED);
    }

    @Override
    public synchronized void commitRecord(SourceRecord record, @Nullable RecordMetadata metadata) {
        underWay.computeIfPresent(changeId(record), (change, left) -> left == 1 ? null : left - 1);
    }

    /**
     * Offsets were stored: surely of what was acknowledged at the last call. A change may be forgotten when all before it
     * are acknowledged, for acknowledgements of several topics come in no order, and no stored offset needs it any more.
     */
    @Override
    public synchronized void commit() {
        forgettable = acknowledged;
        acknowledged = underWay.isEmpty() ? handedOn : underWay.firstKey() - 1;
    }

    private synchronized List<SourceRecord> handOn(List<SourceRecord> next) {
        if (!next.isEmpty()) {
            lastRecordNanos = System.nanoTime();
        }
        for (SourceRecord record : next) {
            handedOn = changeId(record);
            underWay.merge(handedOn, 1, Integer::sum);
        }
        return next;
    }

    private static long changeId(SourceRecord record) {
        return (Long) Objects.requireNonNull(record.sourceOffset().get(Position.CHANGE_ID));
    }

    @Override
    public void stop() {
        stopped.countDown();
        try {
            if (capture != null) {
                capture.close();
            }
        } catch (SQLException e) {
            LOG.warn("event=sqlite-close-failed", e);
        }
    }
}
