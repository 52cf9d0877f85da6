package io.knowledgebase.ingest.notion.api;

import io.knowledgebase.ingest.notion.NotionSettings;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The objects of the feature {@code notion.api}. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(NotionSettings.class)
public class ApiConfiguration {

    @Bean
    NotionApi notionApi(NotionSettings settings, MeterRegistry meters) {
        return new NotionApi(settings.url(), settings.timeout(), meters);
    }
}
