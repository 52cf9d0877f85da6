package io.knowledgebase.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.local.servers.KafkaBroker;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.schemas.DocumentId;
import io.knowledgebase.schemas.event.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** More documents that never end than a partition has places. */
class SlowDocumentsIT {

    private static final int PLACES_OF_A_PARTITION = 16;

    private static Pipeline pipeline;

    @BeforeAll
    static void start() throws Exception {
        pipeline = new Pipeline(PostgresCluster.forTests(), KafkaBroker.forTests());
        pipeline.startService(
                "--kb.extract.workers=2",
                "--kb.extract.slow-workers=2",
                "--kb.extract.patience=1s",
                "--kb.extract.deadline=10s");
    }

    @AfterAll
    static void stop() {
        pipeline.close();
    }

    @Test
    void documentsThatNeverEndHoldUpNobodyElse() throws Exception {
        List<UUID> endless = new ArrayList<>();
        for (String name : namesOfOnePartition("eve", ".probe", PLACES_OF_A_PARTITION + 4)) {
            endless.add(pipeline.upload("eve", name, "#!probe\nhang"));
        }
        UUID small =
                pipeline.upload("anna", namesOfOnePartition("anna", ".txt", 1).get(0), "The ferry leaves at seven.");
        UUID slow =
                pipeline.upload("bob", namesOfOnePartition("bob", ".probe", 1).get(0), "#!probe\npause 2");

        assertThat(pipeline.awaitTerminal(small)).containsEntry("state", "indexed");
        assertThat(failed(endless)).as("endless documents that have ended").isLessThan(PLACES_OF_A_PARTITION);
        assertThat(pipeline.awaitTerminal(slow)).containsEntry("state", "indexed");
        assertThat(pipeline.keys(Topics.SLOW_DOCUMENTS)).contains(slow.toString());
        await().atMost(Duration.ofMinutes(2)).until(() -> failed(endless) > 2); // more than had a slow worker at once
        assertThat(pipeline.chunkTexts(slow)).containsExactly("pause 2: over");
    }

    private static int failed(List<UUID> documents) {
        return pipeline.count(
                "select count(*) from indexed_documents where document_id = any (?) and reason = 'resource-limit'",
                (Object) documents.toArray(UUID[]::new));
    }

    private static List<String> namesOfOnePartition(String user, String extension, int names) {
        return IntStream.iterate(0, i -> i + 1)
                .mapToObj(i -> "document-" + i + extension)
                .filter(name -> partition(DocumentId.of(user, "upload", name)) == 0)
                .limit(names)
                .toList();
    }

    private static int partition(UUID documentId) {
        return BuiltInPartitioner.partitionForKey(
                documentId.toString().getBytes(StandardCharsets.UTF_8), Pipeline.PARTITIONS);
    }
}
