package io.knowledgebase.embed.embed;

import io.knowledgebase.embed.extract.ExtractSettings;
import io.knowledgebase.embed.extract.Extractor;
import io.knowledgebase.embed.generation.LoadedModels;
import io.knowledgebase.schemas.event.EventCodec;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({EmbedSettings.class, ExtractSettings.class})
class EmbedConfiguration {

    @Bean
    Extractor extractor(ExtractSettings settings) throws IOException {
        return new Extractor(settings);
    }

    @Bean
    EmbeddingPool embeddingPool(EmbedSettings settings) {
        return new EmbeddingPool(settings.threads());
    }

    @Bean
    DocumentStore documentStore(JdbcClient jdbc) {
        return new DocumentStore(jdbc);
    }

    @Bean
    EmbedMetrics embedMetrics(MeterRegistry registry) {
        return new EmbedMetrics(registry);
    }

    @Bean
    EmbedFeed embedFeed(
            LoadedModels models,
            Extractor extractor,
            EmbeddingPool pool,
            DocumentStore store,
            EventCodec codec,
            EmbedSettings settings,
            EmbedMetrics metrics,
            KafkaProperties kafka) {
        return new EmbedFeed(models, extractor, pool, store, codec, settings, metrics, kafka);
    }

    @Bean
    HealthIndicator extractorHealthIndicator(Extractor extractor) {
        return () -> {
            String complaint = extractor.complaint();
            return complaint == null
                    ? Health.up().build()
                    : Health.down().withDetail("reason", complaint).build();
        };
    }
}
