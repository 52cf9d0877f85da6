package io.knowledgebase.ingest.deadletter;

import com.fasterxml.jackson.annotation.JsonValue;
import io.knowledgebase.schemas.event.Topics;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.TopicPartition;

/** The place of a dead letter, which is its id for as long as Kafka keeps it. */
record LetterId(String topic, int partition, long offset) {

    static final List<String> TOPICS = List.of(
            Topics.DOCUMENTS + Topics.DEAD_LETTER_SUFFIX,
            Topics.SLOW_DOCUMENTS + Topics.DEAD_LETTER_SUFFIX,
            Topics.CHUNKS + Topics.DEAD_LETTER_SUFFIX,
            Topics.NOTION_EVENTS + Topics.DEAD_LETTER_SUFFIX);

    private static final Pattern FORM = Pattern.compile("(.+)-([0-9]{1,9})-([0-9]{1,18})");

    /** Empty for whatever is not written like one, or is of another topic. */
    static Optional<LetterId> parse(String text) {
        Matcher form = FORM.matcher(text);
        return form.matches() && TOPICS.contains(form.group(1))
                ? Optional.of(
                        new LetterId(form.group(1), Integer.parseInt(form.group(2)), Long.parseLong(form.group(3))))
                : Optional.empty();
    }

    TopicPartition topicPartition() {
        return new TopicPartition(topic, partition);
    }

    @Override
    @JsonValue
    public String toString() {
        return topic + "-" + partition + "-" + offset;
    }
}
