package io.knowledgebase.ingest.cutover.verify;

import io.knowledgebase.ingest.cutover.legacy.LegacyChange;
import io.knowledgebase.ingest.cutover.legacy.LegacyTable;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Which rows changed since a place of their topics, by what Kafka has of them. */
public final class TouchedRows {

    private static final Duration POLL = Duration.ofMillis(200);

    private final Supplier<Consumer<String, byte[]>> consumers;

    /**
     * Reads with consumers of its own.
     *
     * @param consumers without a group
     */
    TouchedRows(Supplier<Consumer<String, byte[]>> consumers) {
        this.consumers = consumers;
    }

    /**
     * Ids of rows, up to what Kafka has now.
     *
     * @param offsets of the topics
     * @return empty for a table that was begun anew, so that any of its rows may have changed
     */
    public Map<LegacyTable, Optional<Set<Long>>> since(Map<LegacyTable, Long> offsets) {
        Map<LegacyTable, Optional<Set<Long>>> touched = new HashMap<>();
        try (Consumer<String, byte[]> consumer = consumers.get()) {
            offsets.forEach((table, offset) -> {
                TopicPartition partition = new TopicPartition(table.topic(), 0);
                consumer.assign(Set.of(partition));
                consumer.seek(partition, offset);
                long end = consumer.endOffsets(Set.of(partition)).getOrDefault(partition, offset);
                Set<Long> ids = new TreeSet<>();
                boolean begun = false;
                while (consumer.position(partition) < end) {
                    for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                        if (record.key().equals(LegacyChange.TABLE_KEY)) {
                            begun = true;
                        } else {
                            ids.add(LegacyChange.rowId(record.key()));
                        }
                    }
                }
                touched.put(table, begun ? Optional.empty() : Optional.of(ids));
            });
        }
        return touched;
    }
}
