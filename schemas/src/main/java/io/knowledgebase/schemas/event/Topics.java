package io.knowledgebase.schemas.event;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;

/** Names and settings of the topics. */
public final class Topics {

    /** Compacted and kept for ever: the last event of every document. */
    public static final String DOCUMENTS = "kb.documents";

    /** Chunks with their vectors, kept for seven days. */
    public static final String CHUNKS = "kb.chunks";

    /** What a topic's dead letters are filed under. */
    public static final String DEAD_LETTER_SUFFIX = ".dlt";

    private static final String SEVEN_DAYS_MS = Long.toString(Duration.ofDays(7).toMillis());
    private static final String THIRTY_DAYS_MS =
            Long.toString(Duration.ofDays(30).toMillis());

    private Topics() {}

    public static String embedGroup(int generation) {
        return "kb-embed-g" + generation;
    }

    public static String writeGroup(int generation) {
        return "kb-write-g" + generation;
    }

    /**
     * The topics as they should be.
     *
     * @param partitions of the document and chunk topics
     * @param replication copies of each partition: 1 on one machine, 3 in a cluster
     */
    public static List<NewTopic> all(int partitions, short replication) {
        Map<String, String> compacted = Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);
        Map<String, String> sevenDays = Map.of(TopicConfig.RETENTION_MS_CONFIG, SEVEN_DAYS_MS);
        Map<String, String> thirtyDays = Map.of(TopicConfig.RETENTION_MS_CONFIG, THIRTY_DAYS_MS);
        return List.of(
                new NewTopic(DOCUMENTS, partitions, replication).configs(compacted),
                new NewTopic(CHUNKS, partitions, replication).configs(sevenDays),
                new NewTopic(DOCUMENTS + DEAD_LETTER_SUFFIX, 1, replication).configs(thirtyDays),
                new NewTopic(CHUNKS + DEAD_LETTER_SUFFIX, 1, replication).configs(thirtyDays));
    }

    /** Creates the topics that are missing; a repeat does nothing. */
    public static void create(Admin admin, int partitions, short replication)
            throws InterruptedException, ExecutionException {
        Set<String> existing = admin.listTopics().names().get();
        List<NewTopic> missing = all(partitions, replication).stream()
                .filter(topic -> !existing.contains(topic.name()))
                .toList();
        try {
            admin.createTopics(missing).all().get();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) { // somebody else was faster
                throw e;
            }
        }
    }
}
