package io.knowledgebase.embed.extract;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Limits of text extraction.
 *
 * @param deadline how long one document may be parsed
 * @param maxCharacters characters kept of one document; what comes after is cut, with a warning
 */
@ConfigurationProperties(prefix = "kb.extract", ignoreUnknownFields = false)
public record ExtractSettings(
        @DefaultValue("2m") Duration deadline,
        @DefaultValue("20000000") int maxCharacters) {}
