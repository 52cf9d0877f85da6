package io.knowledgebase.ingest.cutover.capture;

import io.knowledgebase.ingest.cutover.debezium.EmbeddedEngine;
import io.knowledgebase.ingest.cutover.debezium.OffsetStore;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import io.knowledgebase.ingest.cutover.legacy.Secrets;
import io.knowledgebase.schemas.event.Topics;
import io.knowledgebase.sqlite.Export;
import io.knowledgebase.sqlite.SqliteCapture;
import io.knowledgebase.sqlite.SqliteSourceConnector;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/** A running capture of a SQLite file, or of exports of it. */
public final class Capture implements AutoCloseable {

    private static final String NAME = "kb-legacy";

    private final List<LegacyTable> tables;
    private final Producer<String, String> producer;
    private final LegacyEvents events;
    private final EmbeddedEngine engine;
    private volatile long captured = -1;
    private volatile boolean snapshotDone;
    private volatile Optional<Export> exportTold = Optional.empty();

    /** What is captured: settings of the connector. */
    public record Source(Map<String, String> settings) {

        public Source {
            settings = Map.copyOf(settings);
        }

        /** A file that is written to; it gets triggers. */
        public static Source file(Path file) {
            return new Source(Map.of(SqliteSourceConnector.DATABASE_FILE, file.toString()));
        }

        /** A folder into which files are exported. */
        public static Source exports(Path folder) {
            return new Source(Map.of(
                    SqliteSourceConnector.CAPTURE_MODE,
                    SqliteSourceConnector.EXPORTS,
                    SqliteSourceConnector.EXPORTS_FOLDER,
                    folder.toString()));
        }
    }

    /**
     * Starts a capture; it goes on where the offsets say.
     *
     * @param producer closed with the capture
     */
    public Capture(
            Source source,
            List<LegacyTable> tables,
            OffsetStore offsets,
            Producer<String, String> producer,
            Secrets secrets) {
        this.tables = tables;
        this.producer = producer;
        this.events = new LegacyEvents(secrets);
        Map<String, String> settings = new HashMap<>(source.settings());
        settings.put("connector.class", SqliteSourceConnector.class.getName());
        settings.put(SqliteSourceConnector.TOPIC_PREFIX, Topics.LEGACY_PREFIX);
        settings.put(
                SqliteSourceConnector.TABLES,
                tables.stream().map(LegacyTable::table).collect(Collectors.joining(",")));
        settings.put(SqliteSourceConnector.HEARTBEAT, "500");
        this.engine = new EmbeddedEngine(NAME, settings, offsets, this::handOn);
    }

    private void handOn(List<SourceRecord> records) throws InterruptedException {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (SourceRecord record : records) {
            table(record).ifPresent(table -> sent.add(producer.send(events.of(table, record), this::endIfRefused)));
        }
        producer.flush();
        try {
            for (Future<RecordMetadata> one : sent) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("Kafka does not take the changes", e.getCause());
        }
        if (!records.isEmpty()) {
            SourceRecord last = records.get(records.size() - 1);
            exportTold = SqliteCapture.exportTold(last);
            captured = SqliteCapture.changeId(last);
            snapshotDone = SqliteCapture.hasToldAllRows(last);
        }
    }

    /** What follows a change that Kafka has refused must not get there before it: it would be taken for told already. */
    private void endIfRefused(@Nullable RecordMetadata told, @Nullable Exception refusal) {
        if (refusal != null) {
            producer.close(Duration.ZERO);
        }
    }

    private Optional<LegacyTable> table(SourceRecord record) {
        return tables.stream()
                .filter(table -> table.topic().equalsIgnoreCase(record.topic()))
                .findFirst();
    }

    /** The change up to which Kafka has everything; -1 before the first record. */
    public long captured() {
        return captured;
    }

    /** Whether all rows were told that were there at the start. */
    public boolean snapshotDone() {
        return snapshotDone;
    }

    /** The export of which Kafka has everything, while it has nothing of a later one; empty if a file is captured. */
    public Optional<Export> exportTold() {
        return exportTold;
    }

    /** Why it has ended by itself, if it has. */
    public Optional<String> problem() {
        return engine.problem();
    }

    @Override
    public void close() {
        engine.close();
        producer.close(Duration.ZERO); // what Kafka has not confirmed is told again
    }
}
