package io.knowledgebase.embed.generation;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * When generations move on.
 *
 * @param indexFromChunks chunks from which on the index is built, once nothing is on its way
 * @param indexAtLatestFromChunks chunks from which on it is built even while documents keep coming
 * @param models folder with a folder for each model besides those that are built in; empty for none
 * @param checkInterval time between two looks at the generations
 */
@ConfigurationProperties(prefix = "kb.generation", ignoreUnknownFields = false)
public record GenerationSettings(
        @DefaultValue("10000") int indexFromChunks,
        @DefaultValue("200000") int indexAtLatestFromChunks,
        @DefaultValue("") String models,
        @DefaultValue("2s") Duration checkInterval) {}
