package io.knowledgebase.ingest.notion;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How Notion is read.
 *
 * @param url Notion's servers
 * @param timeout of one request to them
 * @param requestsPerMinute what a connection may ask for in any minute, unless it says otherwise
 * @param keys of 32 bytes, in hexadecimal, that tokens are sealed with: the first one seals, all open; without one
 *     nobody can connect
 * @param oauthClientId of a public integration
 * @param oauthClientSecret of a public integration
 * @param oauthRedirectUri where Notion sends people back to
 * @param webhookMaxSize largest webhook
 * @param webhookTimeout time after which Kafka counts as away and Notion is asked to send the event again
 * @param debounce time for which events on one page are collected before it is read
 * @param readers pages of one connection that are read at the same time
 * @param lease time after which another process takes over the connections of one that died
 * @param reconcileEvery how often changes are looked for that no event told
 * @param listEvery how often everything is listed, to find what is gone
 * @param rereadAfter age at which a page is read again, because comments leave no trace in the time of the last edit
 * @param maxBlocks blocks of one page, after which the rest is left out with a warning
 * @param files whether files in pages are indexed
 * @param maxFileSize largest of them
 */
@ConfigurationProperties(prefix = "kb.notion", ignoreUnknownFields = false)
public record NotionSettings(
        @DefaultValue("https://api.notion.com") URI url,
        @DefaultValue("60s") Duration timeout,
        @DefaultValue("180") int requestsPerMinute,
        @DefaultValue("") List<String> keys,
        @DefaultValue("") String oauthClientId,
        @DefaultValue("") String oauthClientSecret,
        @DefaultValue("") String oauthRedirectUri,
        @DefaultValue("1MB") DataSize webhookMaxSize,
        @DefaultValue("5s") Duration webhookTimeout,
        @DefaultValue("2s") Duration debounce,
        @DefaultValue("4") int readers,
        @DefaultValue("30s") Duration lease,
        @DefaultValue("10m") Duration reconcileEvery,
        @DefaultValue("1d") Duration listEvery,
        @DefaultValue("7d") Duration rereadAfter,
        @DefaultValue("100000") int maxBlocks,
        @DefaultValue("true") boolean files,
        @DefaultValue("50MB") DataSize maxFileSize) {

    public NotionSettings {
        keys = keys.stream().filter(key -> !key.isBlank()).toList();
    }
}
