package io.knowledgebase.embed.generation;

import io.knowledgebase.schemas.database.Lease;
import io.knowledgebase.schemas.event.TopicOffsets;
import io.knowledgebase.schemas.event.TopicReader;
import io.knowledgebase.schemas.json.StrictJson;
import io.knowledgebase.vectorizer.Models;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.jackson.autoconfigure.JsonMapperBuilderCustomizer;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.SchedulingConfigurer;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(GenerationSettings.class)
@EnableScheduling
class GenerationConfiguration {

    @Bean
    JsonMapperBuilderCustomizer strictJson() {
        return StrictJson::configure;
    }

    private static final Duration LEASE = Duration.ofSeconds(15);
    private static final Duration METRICS_INTERVAL = Duration.ofSeconds(30);
    private static final Duration KAFKA_TIMEOUT = Duration.ofSeconds(10);

    @Bean
    GenerationStore generationStore(JdbcTemplate template, TransactionTemplate transaction) {
        return new GenerationStore(template, transaction);
    }

    @Bean
    TopicOffsets topicOffsets(KafkaProperties kafka) {
        return new TopicOffsets(kafka.buildAdminProperties(), KAFKA_TIMEOUT);
    }

    @Bean
    GenerationGroups generationGroups(TopicOffsets offsets, KafkaProperties kafka) {
        return new GenerationGroups(offsets, new TopicReader(offsets, kafka.buildConsumerProperties(), KAFKA_TIMEOUT));
    }

    @Bean
    Models models(GenerationSettings settings) {
        return new Models(settings.models().isEmpty() ? null : Path.of(settings.models()));
    }

    @Bean
    LoadedModels loadedModels(Models models, GenerationStore store) {
        return new LoadedModels(models, store);
    }

    @Bean
    GenerationOperations generationOperations(
            GenerationStore store, GenerationGroups groups, LoadedModels models, GenerationSettings settings) {
        Path folder = settings.databaseFolder().isEmpty() ? null : Path.of(settings.databaseFolder());
        return new GenerationOperations(store, groups, models, new DiskSpace(folder, settings.freeSpace()));
    }

    @Bean
    GenerationMetrics generationMetrics(GenerationStore store, GenerationGroups groups, MeterRegistry meters) {
        return new GenerationMetrics(store, groups, Clock.systemUTC(), meters);
    }

    @Bean
    Feeds feeds(GenerationStore store, List<Feed> feeds) {
        return new Feeds(store, feeds);
    }

    @Bean
    HealthIndicator feedsHealthIndicator(Feeds feeds) {
        return () -> feeds.isWorking()
                ? Health.up().build()
                : Health.down()
                        .withDetail("reason", "the live generation is not fed")
                        .build();
    }

    @Bean
    GenerationKeeper generationKeeper(
            GenerationStore store,
            GenerationGroups groups,
            JdbcClient jdbc,
            PlatformTransactionManager transactions,
            GenerationSettings settings) {
        return new GenerationKeeper(
                store,
                groups,
                new VerificationStore(jdbc, new TransactionTemplate(transactions)),
                new Lease(jdbc, "generations", UUID.randomUUID().toString(), LEASE),
                new IndexBuilder(store, settings),
                Clock.systemUTC(),
                settings.replayLostAfter());
    }

    @Bean
    SchedulingConfigurer looksAtGenerations(
            Feeds feeds, GenerationKeeper keeper, GenerationMetrics metrics, GenerationSettings settings) {
        return registrar -> {
            registrar.addFixedDelayTask(feeds, settings.checkInterval());
            registrar.addFixedDelayTask(keeper, settings.checkInterval());
            registrar.addFixedDelayTask(metrics, METRICS_INTERVAL);
        };
    }
}
