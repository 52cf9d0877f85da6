package io.knowledgebase.ingest.cutover.sink;

import io.knowledgebase.ingest.cutover.legacy.LegacyChange;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/** Takes the topics of the legacy tables from where PostgreSQL says, as long as it is open. */
public final class SinkLoop implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SinkLoop.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Sink sink;
    private final List<LegacyTable> tables;
    private final Consumer<String, String> consumer;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "legacy-sink");
    private volatile @Nullable String problem;
    private volatile Map<LegacyTable, Long> positions = Map.of();

    /**
     * Starts it.
     *
     * @param consumer without a group; closed with the loop
     */
    public SinkLoop(Sink sink, List<LegacyTable> tables, Consumer<String, String> consumer) {
        this.sink = sink;
        this.tables = tables;
        this.consumer = consumer;
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try {
            while (stopped.getCount() > 0) {
                try {
                    take();
                } catch (WakeupException | InterruptException e) {
                    throw e;
                } catch (RuntimeException e) { // nothing may be left out, so it is tried until it succeeds
                    report(
                            e instanceof DataAccessException || e instanceof TransactionException
                                    ? "PostgreSQL does not take the changes"
                                    : "the changes cannot be taken: " + e.getMessage(),
                            e);
                    var unused = stopped.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
                }
            }
        } catch (WakeupException | InterruptException | InterruptedException e) {
            LOG.debug("event=legacy-sink-stopped");
        }
    }

    private void report(String what, RuntimeException cause) {
        if (!what.equals(problem)) {
            LOG.error("event=legacy-sink-waits detail=\"{}\"", what, cause);
        }
        problem = what;
    }

    private void take() {
        Map<TopicPartition, LegacyTable> partitions = new HashMap<>();
        Map<LegacyTable, Long> taken = new HashMap<>();
        Map<String, Long> known = sink.positions();
        for (LegacyTable table : tables) {
            partitions.put(new TopicPartition(table.topic(), 0), table);
            taken.put(table, Objects.requireNonNull(known.get(table.table())));
        }
        positions = taken;
        consumer.assign(partitions.keySet());
        partitions.forEach((partition, table) -> consumer.seek(partition, Objects.requireNonNull(taken.get(table))));
        while (stopped.getCount() > 0) {
            ConsumerRecords<String, String> records = consumer.poll(POLL);
            for (TopicPartition partition : records.partitions()) {
                List<Sink.Told> told = records.records(partition).stream()
                        .map(record -> new Sink.Told(record.offset(), LegacyChange.of(record)))
                        .toList();
                sink.apply(Objects.requireNonNull(partitions.get(partition)), told);
            }
            Map<LegacyTable, Long> now = new HashMap<>();
            partitions.forEach((partition, table) -> now.put(table, consumer.position(partition)));
            positions = now;
            problem = null;
        }
    }

    /** The next offset of each table: everything before is applied. */
    public Map<LegacyTable, Long> positions() {
        return positions;
    }

    /** Why nothing is taken at the moment. */
    public Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    @Override
    public void close() {
        stopped.countDown();
        consumer.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        consumer.close();
    }
}
