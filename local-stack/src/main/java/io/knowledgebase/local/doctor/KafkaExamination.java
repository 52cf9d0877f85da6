package io.knowledgebase.local.doctor;

import io.knowledgebase.local.home.DatabaseAddress;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.schemas.event.Topics;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/** Examines the brokers and the topics. */
final class KafkaExamination {

    private static final int TIMEOUT_MS = 10_000;
    private static final int BROKERS_OF_A_CLUSTER = 3;

    private final Home home;
    private final List<Finding> findings = new ArrayList<>();

    KafkaExamination(Home home) {
        this.home = home;
    }

    List<Finding> examine() {
        try (Admin admin = Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                home.kafkaBootstrap(),
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                TIMEOUT_MS,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                TIMEOUT_MS))) {
            int brokers = admin.describeCluster().nodes().get().size();
            findings.add(Finding.ok(
                    "Kafka",
                    "answers: " + home.kafkaBootstrap() + ", " + brokers + (brokers == 1 ? " broker" : " brokers")));
            topics(admin, brokers);
        } catch (ExecutionException | KafkaException e) { // the latter for an address that nothing can be made of
            findings.add(Finding.fail(
                    "Kafka",
                    "does not answer: " + home.kafkaBootstrap() + ": "
                            + (e.getCause() == null ? e : e.getCause()).getMessage(),
                    home.ownsKafka() ? "./kb up" : "check KB_KAFKA_BOOTSTRAP and the brokers"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return List.copyOf(findings);
    }

    private void topics(Admin admin, int brokers) throws ExecutionException, InterruptedException {
        Set<String> existing = admin.listTopics().names().get();
        List<NewTopic> wanted = Topics.all(1, (short) 1);
        List<String> present =
                wanted.stream().map(NewTopic::name).filter(existing::contains).toList();
        Map<String, TopicDescription> descriptions =
                admin.describeTopics(present).allTopicNames().get();
        Map<ConfigResource, Config> configurations = admin.describeConfigs(
                        present.stream().map(KafkaExamination::resource).toList())
                .all()
                .get();
        for (NewTopic topic : wanted) {
            TopicDescription description = descriptions.get(topic.name());
            Config configuration = configurations.get(resource(topic.name()));
            findings.add(
                    description == null || configuration == null
                            ? Finding.fail("topic " + topic.name(), "is missing", "./kb migrate (./kb up does it too)")
                            : examine(topic, description, configuration, brokers));
        }
        TopicDescription documents = descriptions.get(Topics.DOCUMENTS);
        if (documents != null) {
            events(admin, documents);
        }
    }

    /** An empty topic is only as it should be while there are no documents. */
    private void events(Admin admin, TopicDescription documents) throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
        documents
                .partitions()
                .forEach(partition ->
                        ends.put(new TopicPartition(Topics.DOCUMENTS, partition.partition()), OffsetSpec.latest()));
        long end = admin.listOffsets(ends).all().get().values().stream()
                .mapToLong(ListOffsetsResult.ListOffsetsResultInfo::offset)
                .sum();
        if (end == 0 && hasPublished()) {
            findings.add(Finding.fail(
                    "events",
                    Topics.DOCUMENTS + " is empty, but there are documents that were published",
                    "./kb republish"));
        }
    }

    /** False too while PostgreSQL does not answer, which is told elsewhere. */
    private boolean hasPublished() {
        DatabaseAddress database = home.database();
        try (Connection connection =
                        DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
                ResultSet row = connection
                        .createStatement()
                        .executeQuery("select exists (select from documents where delivery <> 'pending')")) {
            return row.next() && row.getBoolean(1);
        } catch (SQLException e) {
            return false;
        }
    }

    private static Finding examine(NewTopic wanted, TopicDescription topic, Config configuration, int brokers) {
        String check = "topic " + wanted.name();
        Map<String, String> differing = new TreeMap<>();
        wanted.configs().forEach((name, value) -> {
            ConfigEntry entry = configuration.get(name);
            if (entry == null || !value.equals(entry.value())) {
                differing.put(name, value);
            }
        });
        int replication = topic.partitions().get(0).replicas().size();
        boolean underReplicated = topic.partitions().stream()
                .anyMatch(partition ->
                        partition.isr().size() < partition.replicas().size()
                                || partition.leader() == null
                                || partition.leader().isEmpty());
        String found = topic.partitions().size() + " partitions, replication " + replication;
        if (!differing.isEmpty()) {
            String settings = String.join(
                    ",",
                    differing.entrySet().stream()
                            .map(setting -> setting.getKey() + "=" + setting.getValue())
                            .toList());
            return Finding.fail(
                    check,
                    found + ", other settings than it must have",
                    "kafka-configs --alter --topic " + wanted.name() + " --add-config " + settings);
        }
        if (underReplicated) {
            return Finding.warn(check, found + ", not all replicas are in step", "check the brokers");
        }
        if (brokers >= BROKERS_OF_A_CLUSTER && replication < BROKERS_OF_A_CLUSTER) {
            return Finding.warn(check, found, "raise the replication to 3: a lost broker loses events");
        }
        return Finding.ok(check, found + settings(wanted));
    }

    private static String settings(NewTopic topic) {
        return topic.configs().isEmpty()
                ? ""
                : ", "
                        + String.join(
                                ", ",
                                new TreeMap<>(topic.configs())
                                        .entrySet().stream()
                                                .map(setting -> setting.getKey() + "=" + setting.getValue())
                                                .toList());
    }

    private static ConfigResource resource(String topic) {
        return new ConfigResource(ConfigResource.Type.TOPIC, topic);
    }
}
