package io.knowledgebase.embed.generation;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A generation as operators see it.
 *
 * @param index missing, invalid (a build was interrupted) or valid
 * @param lag events that it has not consumed yet, by topic; null if Kafka does not tell
 * @param remainingSeconds until every document has an outcome, at the pace of the last minute; null if nothing moves
 * @param verification what the last one found
 * @param transitions what may be asked of it now
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record GenerationView(
        int generation,
        GenerationState state,
        @Nullable String detail,
        String model,
        int dimension,
        int chunkTokens,
        int overlapTokens,
        String analysis,
        boolean freshVectors,
        boolean promoteWhenReady,
        Instant createdAt,
        Instant stateSince,
        @Nullable Instant liveSince,
        long documents,
        long indexed,
        long failed,
        long chunks,
        String index,
        @Nullable Map<String, Long> lag,
        double documentsPerSecond,
        @Nullable Long remainingSeconds,
        @JsonRawValue @Nullable String verification,
        List<String> transitions) {

    GenerationView {
        transitions = List.copyOf(transitions);
    }
}
