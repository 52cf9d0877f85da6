package io.knowledgebase.ingest.cutover.capture;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import io.knowledgebase.ingest.cutover.legacy.Secrets;
import io.knowledgebase.schemas.event.Topics;
import io.knowledgebase.sqlite.SqliteCapture;
import io.knowledgebase.sqlite.SqliteSourceConnector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running capture of a SQLite file. */
public final class Capture implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Capture.class);
    private static final String NAME = "kb-legacy";
    private static final long STOP_SECONDS = 30;

    private final Producer<String, String> producer;
    private final LegacyEvents events;
    private final DebeziumEngine<RecordChangeEvent<SourceRecord>> engine;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(work -> {
        Thread made = new Thread(work, "legacy-capture");
        made.setDaemon(true);
        return made;
    });
    private volatile long captured = -1;
    private volatile boolean snapshotDone;
    private volatile @Nullable String problem;

    /**
     * Starts a capture; it goes on where the offsets say.
     *
     * @param producer closed with the capture
     */
    public Capture(
            Path file,
            List<LegacyTable> tables,
            OffsetStore offsets,
            Producer<String, String> producer,
            Secrets secrets) {
        this.producer = producer;
        this.events = new LegacyEvents(secrets);
        ConnectOffsetBackingStore.offer(NAME, offsets);
        Properties settings = new Properties();
        settings.setProperty("name", NAME);
        settings.setProperty("connector.class", SqliteSourceConnector.class.getName());
        settings.setProperty("offset.storage", ConnectOffsetBackingStore.class.getName());
        settings.setProperty(ConnectOffsetBackingStore.STORE, NAME);
        settings.setProperty("offset.flush.interval.ms", "1000");
        settings.setProperty(SqliteSourceConnector.DATABASE_FILE, file.toString());
        settings.setProperty(SqliteSourceConnector.TOPIC_PREFIX, Topics.LEGACY_PREFIX);
        settings.setProperty(
                SqliteSourceConnector.TABLES,
                tables.stream().map(LegacyTable::table).collect(Collectors.joining(",")));
        settings.setProperty(SqliteSourceConnector.HEARTBEAT, "500");
        this.engine = DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
                .using(settings)
                .using((success, message, error) -> {
                    if (!success) {
                        LOG.error("event=legacy-capture-broke detail=\"{}\"", message, error);
                        problem = error == null ? message : rootMessage(error);
                    }
                })
                .notifying(this::handOn)
                .build();
        thread.execute(engine);
    }

    private static String rootMessage(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }

    private void handOn(
            List<RecordChangeEvent<SourceRecord>> batch,
            DebeziumEngine.RecordCommitter<RecordChangeEvent<SourceRecord>> committer)
            throws InterruptedException {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (RecordChangeEvent<SourceRecord> event : batch) {
            SourceRecord record = event.record();
            table(record).ifPresent(table -> sent.add(producer.send(events.of(table, record))));
        }
        producer.flush();
        try {
            for (Future<RecordMetadata> one : sent) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("Kafka does not take the changes", e.getCause());
        }
        for (RecordChangeEvent<SourceRecord> event : batch) {
            committer.markProcessed(event);
        }
        committer.markBatchFinished();
        if (!batch.isEmpty()) {
            SourceRecord last = batch.get(batch.size() - 1).record();
            captured = SqliteCapture.changeId(last);
            snapshotDone = SqliteCapture.hasToldAllRows(last);
        }
    }

    private static Optional<LegacyTable> table(SourceRecord record) {
        return record.topic().startsWith(Topics.LEGACY_PREFIX + ".")
                ? LegacyTable.ofTable(record.topic().substring(Topics.LEGACY_PREFIX.length() + 1))
                : Optional.empty();
    }

    /** The change up to which Kafka has everything; -1 before the first record. */
    public long captured() {
        return captured;
    }

    /** Whether all rows were told that were there at the start. */
    public boolean snapshotDone() {
        return snapshotDone;
    }

    /** Why it has ended, if it has. */
    public Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    @Override
    public void close() {
        try {
            engine.close();
            thread.shutdown();
            if (!thread.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("event=legacy-capture-goes-on");
            }
        } catch (IOException | IllegalStateException e) {
            LOG.warn("event=legacy-capture-close-failed", e); // it has ended by itself
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            thread.shutdownNow();
            producer.close();
        }
    }
}
