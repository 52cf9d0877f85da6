package io.knowledgebase.ingest.document;

import io.knowledgebase.ingest.publish.Publisher;
import io.knowledgebase.schemas.json.StrictJson;
import io.knowledgebase.schemas.problem.Places;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jackson.autoconfigure.JsonMapperBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The objects of the feature {@code document}. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(DocumentSettings.class)
public class DocumentConfiguration {

    @Bean
    JsonMapperBuilderCustomizer strictJson() {
        return StrictJson::configure;
    }

    @Bean
    DocumentStore documentStore(JdbcClient jdbc, PlatformTransactionManager transactions) {
        return new DocumentStore(jdbc, new TransactionTemplate(transactions));
    }

    @Bean
    Documents documents(DocumentStore store, Publisher publisher) {
        return new Documents(store, publisher);
    }

    @Bean
    StatusStreams statusStreams(DocumentStore store, DocumentSettings settings, MeterRegistry meters) {
        StatusStreams streams = new StatusStreams(store, settings);
        Gauge.builder("kb.event.streams", streams, StatusStreams::size)
                .description("Event streams that are open.")
                .register(meters);
        return streams;
    }

    @Bean
    DocumentController documentController(
            DocumentStore store, StatusStreams streams, Publisher publisher, DocumentSettings settings) {
        return new DocumentController(
                store,
                streams,
                publisher,
                new Places(settings.downloads(), "All " + settings.downloads() + " downloads are taken."));
    }
}
