package io.knowledgebase.ingest.cutover.legacy;

import io.knowledgebase.schemas.event.Topics;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/** The topics of tables that are moved. */
public final class LegacyTopics {

    /** Whoever looks at the status shall not wait for long until it says that Kafka is away. */
    private static final int PATIENCE_MS = 20_000;

    private final Admin admin;

    public LegacyTopics(Admin admin) {
        this.admin = admin;
    }

    /** Lets them take large rows, and creates those that a mapping needs, as safe as the others; a repeat does nothing. */
    public void prepare(LegacySchema schema) {
        List<String> tables = schema.tables().stream().map(LegacyTable::table).toList();
        ask(() -> {
            Topics.prepareLegacy(admin, tables);
            return tables;
        });
    }

    /** Their next offsets, at which nothing was written yet. */
    public Map<LegacyTable, Long> ends(Collection<LegacyTable> tables) {
        Map<TopicPartition, OffsetSpec> latest =
                tables.stream().collect(Collectors.toMap(LegacyTopics::partition, table -> OffsetSpec.latest()));
        return ask(() -> {
            var ends = admin.listOffsets(latest, new ListOffsetsOptions().timeoutMs(PATIENCE_MS))
                    .all()
                    .get();
            return tables.stream()
                    .collect(Collectors.toMap(
                            Function.identity(),
                            table -> Objects.requireNonNull(ends.get(partition(table)))
                                    .offset()));
        });
    }

    private static TopicPartition partition(LegacyTable table) {
        return new TopicPartition(table.topic(), 0);
    }

    @FunctionalInterface
    private interface Question<T> {
        T ask() throws InterruptedException, ExecutionException;
    }

    private static <T> T ask(Question<T> question) {
        try {
            return question.ask();
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    "Kafka is away, lacks the topics kb.legacy.*, or does not let them have max.message.bytes="
                            + Topics.MOST_LEGACY_BYTES,
                    e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
