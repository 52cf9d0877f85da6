package io.knowledgebase.ingest.cutover.wayback;

import io.debezium.connector.postgresql.PostgresConnector;
import io.knowledgebase.ingest.cutover.debezium.EmbeddedEngine;
import io.knowledgebase.ingest.cutover.debezium.OffsetStore;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore;
import io.knowledgebase.ingest.cutover.legacy.LegacySchema;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import io.knowledgebase.ingest.cutover.legacy.MovedRowStore;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/** Writes to the file what is written in PostgreSQL, as long as it is open. */
public final class WayBack implements AutoCloseable {

    private static final String NAME = "kb-way-back";
    private static final long LOOK_MS = 20;

    private final LegacyFileStore file;
    private final LegacySchema schema;
    private final FileWriter writer;
    private final WayBackStore store;
    private final @Nullable Runnable unfenced;
    private final Set<String> marks = ConcurrentHashMap.newKeySet();
    private final EmbeddedEngine engine;
    private @Nullable Map<LegacyTable, Set<Long>> watched;

    /**
     * Starts it; it goes on where the slot says.
     *
     * @param file closed with it; what a capture has put into it is removed
     * @param moved tables of it
     * @param unfenced what is done if the file has to be fenced again, because a table was made anew; null for a file
     *     that no application has
     * @param connection settings of Debezium's PostgreSQL connector that lead to the database
     */
    public WayBack(
            LegacyFileStore file,
            LegacySchema schema,
            List<LegacyTable> moved,
            @Nullable Runnable unfenced,
            MovedRowStore here,
            WayBackStore store,
            OffsetStore offsets,
            Map<String, String> connection) {
        this.file = file;
        this.schema = schema;
        this.store = store;
        this.unfenced = unfenced;
        file.removeCapture();
        this.writer = new FileWriter(file, moved, here, store);
        Map<String, String> settings = new TreeMap<>(connection);
        settings.put("connector.class", PostgresConnector.class.getName());
        settings.put("topic.prefix", NAME);
        settings.put("plugin.name", "pgoutput");
        settings.put("slot.name", store.slotName());
        settings.put("publication.name", WayBackStore.PUBLICATION);
        settings.put("publication.autocreate.mode", "disabled");
        settings.put("snapshot.mode", "no_data");
        settings.put(
                "table.include.list",
                schema.tables().stream().map(table -> "public." + table.table()).collect(Collectors.joining(",")));
        settings.put("message.prefix.include.list", WayBackStore.MESSAGE_PREFIX);
        settings.put("tombstones.on.delete", "false");
        // What the other columns have is read when it is written, and would not fit into a small heap.
        settings.put(
                "column.include.list",
                schema.tables().stream()
                        .map(table -> "public." + table.table() + ".id")
                        .collect(Collectors.joining(",")));
        // Before an offset is kept it would make a slot that is gone anew: nobody would know what was lost meanwhile.
        settings.put("errors.max.retries", "0");
        // Others write to the database, too: without a sign of life now and then, their log would be kept for ever.
        settings.put("heartbeat.interval.ms", "5000");
        settings.put(
                "heartbeat.action.query",
                "select pg_logical_emit_message(false, '" + WayBackStore.MESSAGE_PREFIX + "', 'alive')");
        this.engine = new EmbeddedEngine(NAME, settings, offsets, this::take);
    }

    private void take(List<SourceRecord> records) throws InterruptedException {
        if (unfenced != null && !file.isFenced()) { // PostgreSQL's signs of life come here, too
            file.fence();
            unfenced.run();
        }
        Map<LegacyTable, Set<Long>> touched = new HashMap<>();
        Set<Long> transactions = new TreeSet<>();
        Set<String> passed = new TreeSet<>();
        for (SourceRecord record : records) {
            Struct value = (Struct) record.value();
            if (record.topic().equals(NAME + ".message")) {
                passed.add(new String(value.getStruct("message").getBytes("content"), StandardCharsets.UTF_8));
            } else if (record.key() instanceof Struct key) {
                String table = record.topic().substring(record.topic().lastIndexOf('.') + 1);
                schema.table(table)
                        .filter(known -> key.getInt64("id") < LegacyTable.BORN_HERE)
                        .ifPresent(known -> {
                            touched.computeIfAbsent(known, first -> new TreeSet<>())
                                    .add(key.getInt64("id"));
                            transactions.add(value.getStruct("source").getInt64("txId"));
                        });
            }
        }
        if (!touched.isEmpty()) {
            while (!store.areVisible(transactions)) { // or their rows would be read as they were before
                Thread.sleep(LOOK_MS);
            }
            watch(writer.take(touched));
            store.taken(touched.values().stream().mapToInt(Set::size).sum());
        }
        marks.addAll(passed);
    }

    private synchronized void watch(Map<LegacyTable, Set<Long>> written) {
        Map<LegacyTable, Set<Long>> ids = watched;
        if (ids != null) {
            written.forEach((table, some) ->
                    ids.computeIfAbsent(table, first -> new HashSet<>()).addAll(some));
        }
    }

    /** Remembers from now on which rows of the file are written. For any thread. */
    public synchronized void watch() {
        watched = new HashMap<>();
    }

    /** Ids of rows that were written since, or since it was asked last. For any thread. */
    public synchronized Map<LegacyTable, Set<Long>> written() {
        Map<LegacyTable, Set<Long>> written = Objects.requireNonNull(watched, "nobody watches");
        watched = new HashMap<>();
        return written;
    }

    /** Remembers nothing from now on. For any thread. */
    public synchronized void watchNoMore() {
        watched = null;
    }

    /** Waits until the file has everything that was written in PostgreSQL before. For any thread. */
    public void await() throws InterruptedException {
        String mark = UUID.randomUUID().toString();
        store.mark(mark);
        while (!marks.remove(mark)) {
            Thread.sleep(LOOK_MS);
        }
    }

    /** Why it has ended by itself, if it has. */
    public Optional<String> problem() {
        return engine.problem();
    }

    @Override
    public void close() {
        try (file) {
            engine.close();
        }
    }
}
