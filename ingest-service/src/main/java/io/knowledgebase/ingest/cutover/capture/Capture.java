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
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/** A running capture of a SQLite file, or of exports of it. */
public final class Capture implements AutoCloseable {

    private static final String NAME = "kb-legacy";
    /** How long Kafka may take for what is handed on at once. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final List<LegacyTable> tables;
    private final Producer<String, String> producer;
    private final LegacyEvents events;
    private final EmbeddedEngine engine;
    private final AtomicReference<@Nullable Exception> refusal = new AtomicReference<>();
    /** When records were handed on that Kafka has not confirmed yet; null if there are none. */
    private volatile @Nullable Instant handingOnSince;

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
        handingOnSince = Instant.now();
        for (SourceRecord record : records) {
            table(record).map(table -> events.of(table, record)).ifPresent(this::send);
        }
        producer.flush();
        requireNoneRefused();
        handingOnSince = null;
        if (!records.isEmpty()) {
            SourceRecord last = records.get(records.size() - 1);
            exportTold = SqliteCapture.exportTold(last);
            captured = SqliteCapture.changeId(last);
            snapshotDone = SqliteCapture.hasToldAllRows(last);
        }
    }

    private void send(ProducerRecord<String, String> event) {
        try {
            var unused = producer.send(event, this::endIfRefused);
        } catch (IllegalStateException e) {
            requireNoneRefused(); // or it is closed for another reason
            throw e;
        }
    }

    /** What follows a change that Kafka has refused must not get there before it: it would be taken for told already. */
    private void endIfRefused(@Nullable RecordMetadata told, @Nullable Exception refused) {
        if (refused != null && refusal.compareAndSet(null, refused)) {
            producer.close(Duration.ZERO);
        }
    }

    private void requireNoneRefused() {
        Exception refused = refusal.get();
        if (refused != null) {
            throw new IllegalStateException("Kafka does not take the changes", refused);
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

    /** Whether it has ended by itself. */
    public boolean isBroken() {
        return engine.problem().isPresent();
    }

    /** Why it has ended by itself, or does not go on. */
    public Optional<String> problem() {
        Instant since = handingOnSince;
        boolean waits = since != null && since.isBefore(Instant.now().minus(PATIENCE));
        return engine.problem().or(() -> waits ? Optional.of("Kafka does not take the changes") : Optional.empty());
    }

    @Override
    public void close() {
        engine.close();
        producer.close(Duration.ZERO); // what Kafka has not confirmed is told again
    }
}
