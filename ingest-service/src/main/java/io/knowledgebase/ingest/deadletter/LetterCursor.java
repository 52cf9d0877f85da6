package io.knowledgebase.ingest.deadletter;

import static java.util.stream.Collectors.joining;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/**
 * Where a list of dead letters goes on; opaque to clients.
 *
 * @param next the offset of the next letter in each partition; a partition that is not named begins with its first
 */
record LetterCursor(Map<TopicPartition, Long> next) {

    static final LetterCursor START = new LetterCursor(Map.of());

    private static final String SEPARATOR = ",";

    LetterCursor {
        next = Map.copyOf(next);
    }

    String encode() {
        return next.entrySet().stream()
                .map(entry -> entry.getKey() + "-" + entry.getValue())
                .sorted()
                .collect(joining(SEPARATOR));
    }

    static Optional<LetterCursor> decode(String encoded) {
        Map<TopicPartition, Long> next = new HashMap<>();
        for (String one : encoded.split(SEPARATOR, -1)) {
            Optional<LetterId> id = LetterId.parse(one);
            if (id.isEmpty()) {
                return Optional.empty();
            }
            next.put(id.get().topicPartition(), id.get().offset());
        }
        return Optional.of(new LetterCursor(next));
    }
}
