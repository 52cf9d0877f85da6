package io.knowledgebase.ingest.deadletter;

import static java.util.Comparator.comparing;

import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Dead letters of all partitions, oldest first; those of one partition stay in their order.
 *
 * @param next where the following page begins; null if no letter follows
 */
record LetterPage(List<DeadLetter> letters, @Nullable LetterCursor next) {

    LetterPage {
        letters = List.copyOf(letters);
    }

    /**
     * Takes letters from the partitions' queues. It stops before a queue that is empty although its partition was not
     * read to the end: an older letter might follow there.
     *
     * @param starts the offset at which each partition was begun
     * @param ended partitions that were read to their ends
     */
    static LetterPage merge(
            Map<TopicPartition, Long> starts,
            Map<TopicPartition, Deque<DeadLetter>> queues,
            Set<TopicPartition> ended,
            int limit) {
        List<DeadLetter> page = new ArrayList<>();
        Map<TopicPartition, Long> next = new HashMap<>(starts);
        while (page.size() < limit
                && queues.keySet().stream()
                        .allMatch(partition -> ended.contains(partition) || !isEmpty(queues, partition))) {
            Optional<Deque<DeadLetter>> oldest = queues.values().stream()
                    .filter(queue -> !queue.isEmpty())
                    .min(comparing(queue -> queue.getFirst().time()));
            if (oldest.isEmpty()) {
                return new LetterPage(page, null);
            }
            DeadLetter letter = oldest.get().removeFirst();
            page.add(letter);
            next.put(letter.id().topicPartition(), letter.id().offset() + 1);
        }
        boolean over =
                ended.containsAll(queues.keySet()) && queues.values().stream().allMatch(Deque::isEmpty);
        return new LetterPage(page, over ? null : new LetterCursor(next));
    }

    private static boolean isEmpty(Map<TopicPartition, Deque<DeadLetter>> queues, TopicPartition partition) {
        Deque<DeadLetter> queue = queues.get(partition);
        return queue == null || queue.isEmpty();
    }
}
