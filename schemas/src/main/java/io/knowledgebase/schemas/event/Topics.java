package io.knowledgebase.schemas.event;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;

/** Names and settings of the topics. */
public final class Topics {

    /** Compacted and kept for ever: the last event of every document. */
    public static final String DOCUMENTS = "kb.documents";

    /** Documents that take long to read, so that none of {@link #DOCUMENTS} waits behind them; kept for seven days. */
    public static final String SLOW_DOCUMENTS = "kb.documents.slow";

    /** Chunks with their vectors, kept for seven days. */
    public static final String CHUNKS = "kb.chunks";

    /** What Notion's webhooks told, kept for thirty days. */
    public static final String NOTION_EVENTS = "kb.notion-events";

    /** Changes of a table of the legacy database are in the topic of this and the table's name; compacted. */
    public static final String LEGACY_PREFIX = "kb.legacy";

    /** The tables that every legacy database has. */
    public static final List<String> LEGACY_TABLES =
            List.of("users", "chat_sessions", "chat_messages", "usage_logs", "notion_syncs");

    /** Of an event in one of these topics: rows have texts that are larger than what Kafka takes by itself. */
    public static final int MOST_LEGACY_BYTES = 18 * 1024 * 1024;

    /** The consumer group that takes Notion's events. */
    public static final String NOTION_GROUP = "kb-notion";

    /** What a topic's dead letters are filed under. */
    public static final String DEAD_LETTER_SUFFIX = ".dlt";

    private static final Map<String, String> COMPACTED =
            Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);
    private static final Map<String, String> SEVEN_DAYS = keptFor(Duration.ofDays(7));
    private static final Map<String, String> THIRTY_DAYS = keptFor(Duration.ofDays(30));

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
        List<NewTopic> topics = new ArrayList<>(List.of(
                topic(DOCUMENTS, partitions, replication, COMPACTED),
                topic(SLOW_DOCUMENTS, partitions, replication, SEVEN_DAYS),
                topic(CHUNKS, partitions, replication, SEVEN_DAYS),
                topic(NOTION_EVENTS, partitions, replication, THIRTY_DAYS),
                deadLetters(DOCUMENTS, replication),
                deadLetters(SLOW_DOCUMENTS, replication),
                deadLetters(CHUNKS, replication),
                deadLetters(NOTION_EVENTS, replication)));
        // One partition: a table's changes stay in their order.
        LEGACY_TABLES.forEach(table -> topics.add(topic(legacy(table), 1, replication, COMPACTED)));
        return topics;
    }

    /** The topic of a table of the legacy database. */
    public static String legacy(String table) {
        return LEGACY_PREFIX + "." + table;
    }

    private static Map<String, String> keptFor(Duration retention) {
        return Map.of(TopicConfig.RETENTION_MS_CONFIG, Long.toString(retention.toMillis()));
    }

    private static NewTopic deadLetters(String topic, short replication) {
        return topic(topic + DEAD_LETTER_SUFFIX, 1, replication, THIRTY_DAYS);
    }

    /** An acknowledged event outlives the loss of a broker, and one broker may be away without writes failing. */
    private static NewTopic topic(String name, int partitions, short replication, Map<String, String> keeping) {
        Map<String, String> configs = new HashMap<>(keeping);
        configs.put(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, Integer.toString(Math.max(1, replication - 1)));
        return new NewTopic(name, partitions, replication).configs(configs);
    }

    /** Creates the topics that are missing; a repeat does nothing. */
    public static void create(Admin admin, int partitions, short replication)
            throws InterruptedException, ExecutionException {
        create(admin, all(partitions, replication));
    }

    /**
     * Lets the topics of tables take rows of any size that is told. Those that are missing are created with as many copies
     * as the others have; a repeat does nothing.
     */
    public static void prepareLegacy(Admin admin, List<String> tables) throws InterruptedException, ExecutionException {
        String known = legacy(LEGACY_TABLES.get(0));
        TopicDescription description = Objects.requireNonNull(
                admin.describeTopics(List.of(known)).allTopicNames().get().get(known));
        short replication = (short) description.partitions().get(0).replicas().size();
        create(
                admin,
                tables.stream()
                        .map(table -> topic(legacy(table), 1, replication, COMPACTED))
                        .toList());
        allowLegacySizes(admin, tables);
    }

    private static void allowLegacySizes(Admin admin, List<String> tables)
            throws InterruptedException, ExecutionException {
        List<ConfigResource> topics = tables.stream()
                .map(table -> new ConfigResource(ConfigResource.Type.TOPIC, legacy(table)))
                .toList();
        ConfigEntry most = new ConfigEntry(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(MOST_LEGACY_BYTES));
        Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
        admin.describeConfigs(topics).all().get().forEach((topic, configs) -> {
            if (Long.parseLong(configs.get(most.name()).value()) < MOST_LEGACY_BYTES) {
                changes.put(topic, List.of(new AlterConfigOp(most, AlterConfigOp.OpType.SET)));
            }
        });
        if (!changes.isEmpty()) { // which not everybody may
            admin.incrementalAlterConfigs(changes).all().get();
        }
    }

    private static void create(Admin admin, List<NewTopic> topics) throws InterruptedException, ExecutionException {
        Set<String> existing = admin.listTopics().names().get();
        List<NewTopic> missing = topics.stream()
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
