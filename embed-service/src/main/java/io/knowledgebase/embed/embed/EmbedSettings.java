package io.knowledgebase.embed.embed;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How documents are embedded.
 *
 * @param threads threads that run the model; 0 for one per core
 * @param maxChunks chunks kept of one document; what comes after is cut, with a warning
 * @param partChunks chunks per event
 * @param commitInterval shortest time between two transactions while work is under way
 * @param attempts times a document is tried that fails for a reason of its own
 */
@ConfigurationProperties(prefix = "kb.embed", ignoreUnknownFields = false)
public record EmbedSettings(
        @DefaultValue("0") int threads,
        @DefaultValue("20000") int maxChunks,
        @DefaultValue("32") int partChunks,
        @DefaultValue("20ms") Duration commitInterval,
        @DefaultValue("3") int attempts) {

    public EmbedSettings {
        if (partChunks < 1 || partChunks > 64) {
            throw new IllegalArgumentException("kb.embed.part-chunks is 1 to 64, so that an event fits a Kafka batch");
        }
        if (threads == 0) {
            threads = Runtime.getRuntime().availableProcessors();
        }
    }
}
