package io.knowledgebase.embed.generation;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * When the HNSW index is built.
 *
 * @param indexFromChunks chunks from which on the index is built, once nothing is on its way
 * @param indexAtLatestFromChunks chunks from which on it is built even while documents keep coming
 * @param indexCheckInterval time between two looks
 */
@ConfigurationProperties(prefix = "kb.generation", ignoreUnknownFields = false)
public record GenerationSettings(
        @DefaultValue("10000") int indexFromChunks,
        @DefaultValue("200000") int indexAtLatestFromChunks,
        @DefaultValue("5s") Duration indexCheckInterval) {}
