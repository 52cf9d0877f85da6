package io.knowledgebase.embed.generation;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.SchedulingConfigurer;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(GenerationSettings.class)
@EnableScheduling
class GenerationConfiguration {

    @Bean
    GenerationStore generationStore(JdbcTemplate template) {
        return new GenerationStore(template);
    }

    @Bean
    Generations generations(GenerationStore store) {
        return new Generations(store);
    }

    @Bean
    SchedulingConfigurer indexBuilding(GenerationStore store, GenerationSettings settings) {
        IndexBuilder builder = new IndexBuilder(store, settings);
        return registrar -> registrar.addFixedDelayTask(builder, settings.indexCheckInterval());
    }
}
