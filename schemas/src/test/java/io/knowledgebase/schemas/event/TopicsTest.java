package io.knowledgebase.schemas.event;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopicsTest {

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 1", "3, 2", "5, 4"})
    void oneBrokerMayBeAwayAndOneMayBeLost(short replication, String inSync) {
        assertThat(Topics.all(12, replication)).hasSize(13).allSatisfy(topic -> {
            assertThat(topic.replicationFactor()).isEqualTo(replication);
            assertThat(topic.configs()).containsEntry("min.insync.replicas", inSync);
        });
    }

    @ParameterizedTest
    @CsvSource({
        "kb.documents, cleanup.policy, compact",
        "kb.documents.slow, retention.ms, 604800000",
        "kb.chunks, retention.ms, 604800000",
        "kb.notion-events, retention.ms, 2592000000",
        "kb.legacy.chat_messages, cleanup.policy, compact"
    })
    void documentsAreKeptAndChunksAreNot(String name, String setting, String value) {
        assertThat(Topics.all(12, (short) 1))
                .filteredOn(topic -> topic.name().equals(name))
                .singleElement()
                .satisfies(topic -> assertThat(topic.configs()).containsEntry(setting, value));
    }
}
