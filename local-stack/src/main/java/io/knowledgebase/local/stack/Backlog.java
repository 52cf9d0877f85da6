package io.knowledgebase.local.stack;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.terminal.CommandFailedException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/** What is on its way: documents by state in PostgreSQL, events that consumers have not read in Kafka. */
final class Backlog {

    private static final String GROUP_PREFIX = "kb-";
    private static final int TIMEOUT_MS = 10_000;
    /** All events are written in transactions, whose end takes an offset that no consumer commits. */
    private static final int TRANSACTION_MARKER = 1;

    private static final String UNDEFINED_TABLE = "42P01";

    private final Home home;

    Backlog(Home home) {
        this.home = home;
    }

    private static final String DOCUMENTS = """
            select case when d.deleted then 'deleted'
                        when i.version = d.version and i.attempt = d.attempt then i.state
                        else 'accepted' end as state, count(*)
            from documents d
            left join index_generations g on g.state = 'live'
            left join indexed_documents i on i.document_id = d.document_id and i.generation = g.generation
            group by 1 order by 1
            """;

    Map<String, Long> documents() {
        try (Connection connection = home.database().connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(DOCUMENTS)) {
            Map<String, Long> documents = new LinkedHashMap<>();
            while (rows.next()) {
                documents.put(rows.getString(1), rows.getLong(2));
            }
            return documents;
        } catch (SQLException e) {
            if (UNDEFINED_TABLE.equals(e.getSQLState())) {
                return Map.of();
            }
            throw CommandFailedException.of("documents cannot be counted: " + e.getMessage(), "./kb doctor", null, e);
        }
    }

    String databaseHealth() {
        try (Connection connection = home.database().connect()) {
            return connection.isValid(TIMEOUT_MS / 1000) ? "UP" : "no answer";
        } catch (SQLException e) {
            return "no answer";
        }
    }

    String kafkaHealth() {
        try (Admin admin = admin()) {
            return admin.describeCluster().nodes().get().isEmpty() ? "no broker" : "UP";
        } catch (ExecutionException | KafkaException e) {
            return "no answer";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    /** Events behind the end of the topics, by consumer group. */
    Map<String, Long> lag() {
        try (Admin admin = admin()) {
            Map<String, ListConsumerGroupOffsetsSpec> groups = admin.listGroups().all().get().stream()
                    .map(GroupListing::groupId)
                    .filter(group -> group.startsWith(GROUP_PREFIX))
                    .collect(Collectors.toMap(group -> group, group -> new ListConsumerGroupOffsetsSpec()));
            if (groups.isEmpty()) {
                return Map.of();
            }
            Map<String, Map<TopicPartition, OffsetAndMetadata>> committed =
                    admin.listConsumerGroupOffsets(groups).all().get();
            Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
            committed
                    .values()
                    .forEach(offsets -> offsets.keySet().forEach(part -> latest.put(part, OffsetSpec.latest())));
            Map<TopicPartition, ListOffsetsResultInfo> ends = latest.isEmpty()
                    ? Map.of()
                    : admin.listOffsets(latest).all().get();
            Map<String, Long> lag = new TreeMap<>();
            committed.forEach((group, offsets) -> lag.put(group, lag(offsets, ends)));
            return lag;
        } catch (ExecutionException | KafkaException e) {
            throw CommandFailedException.of("the lag cannot be read: " + e.getMessage(), "./kb doctor", null, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandFailedException.of("interrupted", "repeat");
        }
    }

    private static long lag(
            Map<TopicPartition, OffsetAndMetadata> offsets, Map<TopicPartition, ListOffsetsResultInfo> ends) {
        long lag = 0;
        for (Map.Entry<TopicPartition, OffsetAndMetadata> offset : offsets.entrySet()) {
            ListOffsetsResultInfo end = ends.get(offset.getKey());
            if (end != null && offset.getValue() != null) {
                lag += Math.max(0, end.offset() - offset.getValue().offset() - TRANSACTION_MARKER);
            }
        }
        return lag;
    }

    private Admin admin() {
        return Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                home.kafkaBootstrap(),
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                TIMEOUT_MS,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                TIMEOUT_MS));
    }
}
