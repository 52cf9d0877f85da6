package io.knowledgebase.ingest.document;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How documents are watched and sent.
 *
 * @param watchInterval how often the documents of all open event streams are looked at, in one query
 * @param watchLimit event streams that may be open at once; further ones are answered with 503
 * @param watchTimeout how long an event stream stays open without its document becoming terminal
 * @param heartbeat how often an event stream without news sends a comment, so that no proxy closes it
 * @param downloads originals that may be sent at once, each holding a part of 1 MiB; further ones are answered with 503
 */
@ConfigurationProperties(prefix = "kb.document", ignoreUnknownFields = false)
public record DocumentSettings(
        @DefaultValue("300ms") Duration watchInterval,
        @DefaultValue("256") int watchLimit,
        @DefaultValue("30m") Duration watchTimeout,
        @DefaultValue("15s") Duration heartbeat,
        @DefaultValue("32") int downloads) {}
