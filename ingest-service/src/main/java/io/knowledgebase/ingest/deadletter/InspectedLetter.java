package io.knowledgebase.ingest.deadletter;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** A dead letter with all that may be shown of it; the payload is null if it has none. */
record InspectedLetter(
        @JsonUnwrapped DeadLetter letter,
        LetterHeaders headers,
        @Nullable LetterPayload payload) {

    static InspectedLetter of(ConsumerRecord<String, byte[]> filed) {
        return new InspectedLetter(
                DeadLetter.of(filed),
                LetterHeaders.of(filed.headers()),
                Optional.ofNullable(filed.value()).map(LetterPayload::of).orElse(null));
    }
}
