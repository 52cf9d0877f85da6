package io.knowledgebase.embed.generation;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * When generations move on.
 *
 * @param indexFromChunks chunks from which on the index is built, once nothing is on its way
 * @param indexAtLatestFromChunks chunks from which on it is built even while documents keep coming
 * @param models folder with a folder for each model besides those that are built in; empty for none
 * @param databaseFolder a folder on the database's disk; empty if that is not here, and then nobody looks
 * @param freeSpace what is to stay free of that disk when a generation is made
 * @param replayLostAfter how long nothing may be on its way to an incomplete generation before what it lacks is
 *     replayed
 * @param checkInterval time between two looks at the generations
 */
@ConfigurationProperties(prefix = "kb.generation", ignoreUnknownFields = false)
public record GenerationSettings(
        @DefaultValue("10000") int indexFromChunks,
        @DefaultValue("200000") int indexAtLatestFromChunks,
        @DefaultValue("") String models,
        @DefaultValue("") String databaseFolder,
        @DefaultValue("1GB") DataSize freeSpace,
        @DefaultValue("2m") Duration replayLostAfter,
        @DefaultValue("2s") Duration checkInterval) {}
