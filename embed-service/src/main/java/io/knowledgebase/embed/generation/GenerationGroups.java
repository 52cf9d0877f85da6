package io.knowledgebase.embed.generation;

import io.knowledgebase.schemas.event.TopicOffsets;
import io.knowledgebase.schemas.event.TopicReader;
import io.knowledgebase.schemas.event.Topics;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/** The consumer groups of generations in Kafka. */
final class GenerationGroups {

    /** From then on it is worth looking at the documents: that reads them all. */
    private static final int ALMOST = 1_000;

    private static final int MARKER = 1;

    private final TopicOffsets offsets;
    private final TopicReader reader;

    GenerationGroups(TopicOffsets offsets, TopicReader reader) {
        this.offsets = offsets;
        this.reader = reader;
    }

    /**
     * Lets a generation that nobody feeds yet begin with the first document, and skip the chunks there are, for none of
     * them is its own: not even those of a generation of that number which a restored database has forgotten.
     */
    void begin(int generation) {
        if (!offsets.deleteGroup(Topics.embedGroup(generation))) {
            throw new KafkaException("somebody feeds a generation " + generation + " that the database does not have");
        }
        offsets.moveToEnds(Topics.writeGroup(generation), Topics.CHUNKS);
    }

    /**
     * Events that the generation has not consumed, by topic. Markers of transactions count too, but for the one that
     * follows the last event of each partition.
     */
    Map<String, Long> lag(int generation) {
        Map<String, Long> lag = new LinkedHashMap<>();
        String embedder = Topics.embedGroup(generation);
        lag.put(Topics.DOCUMENTS, lag(embedder, Topics.DOCUMENTS));
        lag.put(Topics.SLOW_DOCUMENTS, lag(embedder, Topics.SLOW_DOCUMENTS));
        lag.put(Topics.CHUNKS, lag(Topics.writeGroup(generation), Topics.CHUNKS));
        return lag;
    }

    private long lag(String group, String topic) {
        Map<TopicPartition, Long> committed = offsets.committed(group, topic);
        Map<TopicPartition, Long> starts = offsets.starts(topic);
        long lag = 0;
        for (Map.Entry<TopicPartition, Long> end : offsets.ends(topic).entrySet()) {
            long start = starts.getOrDefault(end.getKey(), 0L);
            lag += Math.max(0, end.getValue() - Math.max(start, committed.getOrDefault(end.getKey(), start)) - MARKER);
        }
        return lag;
    }

    /** Whether so many events or fewer are between the generation and the ends of the topics. */
    boolean isAlmostThere(int generation) {
        Map<String, Long> lag = lag(generation);
        return lag.values().stream().mapToLong(Long::longValue).sum() <= ALMOST;
    }

    /**
     * Whether events are left that the generation has not consumed. Offsets do not tell: markers of transactions count.
     * Chunks are looked at last, for what is embedded meanwhile comes there.
     */
    boolean isBehind(int generation) {
        String embedder = Topics.embedGroup(generation);
        return !hasPassed(embedder, Topics.DOCUMENTS)
                || !hasPassed(embedder, Topics.SLOW_DOCUMENTS)
                || !hasPassed(Topics.writeGroup(generation), Topics.CHUNKS);
    }

    private boolean hasPassed(String group, String topic) {
        return reader.hasPassed(group, topic, offsets.ends(topic));
    }

    /** Removes a generation's groups; false while a process is still a member. */
    boolean delete(int generation) {
        return offsets.deleteGroup(Topics.embedGroup(generation)) && offsets.deleteGroup(Topics.writeGroup(generation));
    }
}
