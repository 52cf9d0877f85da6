package io.knowledgebase.embed.generation;

import io.knowledgebase.schemas.database.Lease;
import java.util.UUID;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.SchedulingConfigurer;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(GenerationSettings.class)
@EnableScheduling
class GenerationConfiguration {

    @Bean
    GenerationStore generationStore(JdbcClient jdbc) {
        return new GenerationStore(jdbc);
    }

    @Bean
    Generations generations(GenerationStore store) {
        return new Generations(store);
    }

    @Bean
    SchedulingConfigurer indexBuilding(GenerationStore store, JdbcClient jdbc, GenerationSettings settings) {
        Lease lease = new Lease(jdbc, "index-builder", UUID.randomUUID().toString(), IndexBuilder.LEASE);
        IndexBuilder builder = new IndexBuilder(store, lease, settings);
        return registrar -> registrar.addFixedDelayTask(builder, settings.indexCheckInterval());
    }
}
