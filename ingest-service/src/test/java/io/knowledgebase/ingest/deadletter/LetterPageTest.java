package io.knowledgebase.ingest.deadletter;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.ingest.deadletter.DeadLetter.Cause;
import io.knowledgebase.ingest.deadletter.DeadLetter.Original;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class LetterPageTest {

    private static final TopicPartition DOCUMENTS = new TopicPartition("kb.documents.dlt", 0);
    private static final TopicPartition CHUNKS = new TopicPartition("kb.chunks.dlt", 0);
    private static final Map<TopicPartition, Long> STARTS = Map.of(DOCUMENTS, 10L, CHUNKS, 20L);

    private final Map<TopicPartition, Deque<DeadLetter>> queues = Map.of(
            DOCUMENTS, queue(letter(DOCUMENTS, 10, 1), letter(DOCUMENTS, 12, 4)),
            CHUNKS, queue(letter(CHUNKS, 20, 2), letter(CHUNKS, 21, 3)));

    @Test
    void lettersOfAllPartitionsComeOldestFirst() {
        LetterPage page = LetterPage.merge(STARTS, queues, Set.of(DOCUMENTS, CHUNKS), 4);

        assertThat(seconds(page)).containsExactly(1L, 2L, 3L, 4L);
        assertThat(page.next()).isNull();
    }

    @Test
    void nextPageBeginsAfterTheLastLetterOfEachPartition() {
        LetterPage page = LetterPage.merge(STARTS, queues, Set.of(DOCUMENTS, CHUNKS), 1);

        assertThat(seconds(page)).containsExactly(1L);
        assertThat(page.next()).isEqualTo(new LetterCursor(Map.of(DOCUMENTS, 11L, CHUNKS, 20L)));
    }

    @Test
    void pageEndsWhereAPartitionThatWasNotReadToItsEndMayHoldAnOlderLetter() {
        LetterPage page = LetterPage.merge(STARTS, queues, Set.of(DOCUMENTS), 4);

        assertThat(seconds(page)).containsExactly(1L, 2L, 3L);
        assertThat(page.next()).isEqualTo(new LetterCursor(Map.of(DOCUMENTS, 11L, CHUNKS, 22L)));
    }

    @Test
    void whatWasNotReadAtAllIsNotTheEnd() {
        LetterPage page = LetterPage.merge(STARTS, Map.of(DOCUMENTS, queue(), CHUNKS, queue()), Set.of(DOCUMENTS), 4);

        assertThat(page.letters()).isEmpty();
        assertThat(page.next()).isEqualTo(new LetterCursor(STARTS));
    }

    private static List<Long> seconds(LetterPage page) {
        return page.letters().stream()
                .map(letter -> letter.time().getEpochSecond())
                .toList();
    }

    private static Deque<DeadLetter> queue(DeadLetter... letters) {
        return new ArrayDeque<>(Arrays.asList(letters));
    }

    private static DeadLetter letter(TopicPartition partition, long offset, long second) {
        return new DeadLetter(
                new LetterId(partition.topic(), partition.partition(), offset),
                Instant.ofEpochSecond(second),
                partition.topic(),
                null,
                null,
                null,
                null,
                null,
                new Cause(null, null),
                new Original(null, null, null));
    }
}
