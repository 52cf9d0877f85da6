package io.knowledgebase.ingest.notion.webhook;

import io.knowledgebase.ingest.notion.NotionSettings;
import io.knowledgebase.ingest.seal.Seal;
import io.knowledgebase.schemas.event.NotionEventCodec;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** The objects of the feature {@code notion.webhook}. */
@Configuration(proxyBeanMethods = false)
public class WebhookConfiguration {

    @Bean(destroyMethod = "close")
    KafkaProducer<String, byte[]> notionEventProducer(KafkaProperties kafka, NotionSettings settings) {
        int timeoutMs = Math.toIntExact(settings.webhookTimeout().toMillis());
        Map<String, Object> properties = kafka.buildProducerProperties();
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "zstd");
        properties.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, timeoutMs);
        properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, timeoutMs);
        properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, timeoutMs);
        return new KafkaProducer<>(properties, new StringSerializer(), new ByteArraySerializer());
    }

    @Bean
    WebhookController webhookController(
            JdbcClient jdbc,
            TransactionTemplate transaction,
            Seal seal,
            KafkaProducer<String, byte[]> notionEventProducer,
            NotionSettings settings,
            MeterRegistry meters) {
        SubscriptionStore store = new SubscriptionStore(jdbc, transaction);
        Webhook webhook = new Webhook(
                store,
                seal,
                new NotionEventCodec("/kb/ingest-service"),
                notionEventProducer,
                settings.webhookTimeout(),
                meters);
        return new WebhookController(
                webhook, store, seal, Math.toIntExact(settings.webhookMaxSize().toBytes()));
    }
}
