package io.knowledgebase.embed.write;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How chunks are written.
 *
 * @param threads consumers that write at the same time
 * @param attempts times an event is tried that fails for a reason of its own
 */
@ConfigurationProperties(prefix = "kb.write", ignoreUnknownFields = false)
public record WriteSettings(
        @DefaultValue("2") int threads, @DefaultValue("3") int attempts) {}
