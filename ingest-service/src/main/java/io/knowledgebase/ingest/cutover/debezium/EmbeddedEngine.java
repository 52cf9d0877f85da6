package io.knowledgebase.ingest.cutover.debezium;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Debezium's engine with one connector, running until it is closed or breaks; its offsets are in PostgreSQL. */
public final class EmbeddedEngine implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedEngine.class);
    private static final long STOP_SECONDS = 30;

    private final String name;
    private final DebeziumEngine<RecordChangeEvent<SourceRecord>> engine;
    private final ExecutorService thread;
    private volatile boolean closing;
    private volatile @Nullable String problem;

    /** Takes records; what it has returned from is never told again, unless a crash comes before its offset is kept. */
    @FunctionalInterface
    public interface Taker {
        /**
         * Takes records in their order.
         *
         * @throws InterruptedException if the engine is to end
         */
        void take(List<SourceRecord> records) throws InterruptedException;
    }

    /**
     * Starts an engine; it goes on where its offsets say.
     *
     * @param name of its offsets, too
     * @param settings of the connector
     */
    public EmbeddedEngine(String name, Map<String, String> settings, OffsetStore offsets, Taker taker) {
        this.name = name;
        ConnectOffsetBackingStore.offer(name, offsets);
        Properties properties = new Properties();
        properties.putAll(settings);
        properties.setProperty("name", name);
        properties.setProperty("offset.storage", ConnectOffsetBackingStore.class.getName());
        properties.setProperty(ConnectOffsetBackingStore.STORE, name);
        properties.setProperty("offset.flush.interval.ms", "1000");
        this.engine = DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
                .using(properties)
                .using((success, message, error) -> {
                    if (!success && !closing) {
                        LOG.error("event=engine-broke name={} detail=\"{}\"", name, message, error);
                        problem = error == null ? message : rootMessage(error);
                    }
                })
                .notifying((batch, committer) -> {
                    taker.take(batch.stream().map(RecordChangeEvent::record).toList());
                    for (RecordChangeEvent<SourceRecord> event : batch) {
                        committer.markProcessed(event);
                    }
                    committer.markBatchFinished();
                })
                .build();
        this.thread = Executors.newSingleThreadExecutor(work -> {
            Thread made = new Thread(work, name);
            made.setDaemon(true);
            return made;
        });
        thread.execute(engine);
    }

    private static String rootMessage(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }

    /** Why it has ended by itself, if it has. */
    public Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    @Override
    public void close() {
        closing = true;
        try {
            engine.close();
            thread.shutdown();
            if (!thread.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("event=engine-goes-on name={}", name);
            }
        } catch (IOException | IllegalStateException e) {
            LOG.warn("event=engine-close-failed name={}", name, e); // it has ended by itself
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            thread.shutdownNow();
        }
    }
}
