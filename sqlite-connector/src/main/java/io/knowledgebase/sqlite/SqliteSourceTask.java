package io.knowledgebase.sqlite;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
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

/** Captures by triggers; changes that were taken, and whose offsets are stored, are removed from the log. */
public final class SqliteSourceTask extends SourceTask {

    private static final Logger LOG = LoggerFactory.getLogger(SqliteSourceTask.class);
    private static final String FILE = "file";
    private static final int FORGET_AT_ONCE = 2_000;

    private final CountDownLatch stopped = new CountDownLatch(1);
    private @Nullable Connection sqlite;
    private @Nullable TriggerCapture capture;
    private @Nullable SourceRecords records;
    private long pollMillis;
    private long heartbeatMillis;
    private long lastRecordNanos;
    private long forgotten;
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
        Path file = Path.of(settings.getString(SqliteSourceConnector.DATABASE_FILE))
                .toAbsolutePath()
                .normalize();
        if (!Files.isRegularFile(file)) {
            throw new CaptureException("there is no file " + file);
        }
        Map<String, String> partition = Map.of(FILE, file.toString());
        Position position = context == null
                ? null
                : Position.ofOffset(context.offsetStorageReader().offset(partition))
                        .orElse(null);
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(settings.getInt(SqliteSourceConnector.BUSY_TIMEOUT));
        try {
            sqlite = config.createConnection("jdbc:sqlite:" + file);
        } catch (SQLException e) {
            throw new CaptureException("the file " + file + " cannot be opened: " + e.getMessage(), e);
        }
        capture = new TriggerCapture(
                sqlite,
                settings.getList(SqliteSourceConnector.TABLES),
                position,
                settings.getInt(SqliteSourceConnector.RANGE_ROWS),
                settings.getInt(SqliteSourceConnector.BATCH_CHANGES));
        records = new SourceRecords(
                settings.getString(SqliteSourceConnector.TOPIC_PREFIX), String.valueOf(file.getFileName()), partition);
        pollMillis = settings.getLong(SqliteSourceConnector.POLL_INTERVAL);
        heartbeatMillis = settings.getLong(SqliteSourceConnector.HEARTBEAT);
        LOG.info("event=sqlite-capture-started resumed={}", position != null);
    }

    @Override
    public @Nullable List<SourceRecord> poll() throws InterruptedException {
        TriggerCapture source = capture;
        SourceRecords format = records;
        if (source == null || format == null) {
            return null;
        }
        try {
            forget(source);
            Position before = source.position();
            List<RowEvent> events = source.next();
            if (events.isEmpty()
                    && before.pending().size() == source.position().pending().size()) {
                var unused = stopped.await(pollMillis, TimeUnit.MILLISECONDS);
                return heartbeatIsDue() ? handOn(List.of(format.heartbeat(source.position()))) : null;
            }
            return handOn(
                    events.stream().flatMap(event -> format.of(event).stream()).toList());
        } catch (SQLException e) {
            if (isBusy(e)) {
                throw new RetriableException("the application holds the database", e);
            }
            throw new CaptureException("the database cannot be read: " + e.getMessage(), e);
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

    private void forget(TriggerCapture source) throws SQLException {
        long upTo = forgettable;
        if (upTo - forgotten >= FORGET_AT_ONCE) {
            source.forget(upTo, FORGET_AT_ONCE * 2);
            forgotten = upTo;
        }
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
            if (sqlite != null) {
                sqlite.close();
            }
        } catch (SQLException e) {
            LOG.warn("event=sqlite-close-failed", e);
        }
    }
}
