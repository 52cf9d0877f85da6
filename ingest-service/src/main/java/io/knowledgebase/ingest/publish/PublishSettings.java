package io.knowledgebase.ingest.publish;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How documents are published.
 *
 * @param poll how often the table is looked at for documents that another process accepted
 * @param batch documents in one Kafka transaction
 * @param inFlightPerUser documents of one user that are published and not yet indexed or failed; deletions are not
 *     held back
 * @param lease time after which another process takes over from a publisher that died
 * @param kafkaTimeout time after which Kafka counts as away
 * @param settleCheckAfter time after which a published document that did not settle is looked into
 * @param sweepInterval how often published documents are looked into
 */
@ConfigurationProperties(prefix = "kb.publish", ignoreUnknownFields = false)
public record PublishSettings(
        @DefaultValue("150ms") Duration poll,
        @DefaultValue("500") int batch,
        @DefaultValue("64") int inFlightPerUser,
        @DefaultValue("10s") Duration lease,
        @DefaultValue("5s") Duration kafkaTimeout,
        @DefaultValue("1m") Duration settleCheckAfter,
        @DefaultValue("15s") Duration sweepInterval) {}
