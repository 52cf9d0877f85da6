package io.knowledgebase.ingest.document;

import io.knowledgebase.ingest.publish.Publisher;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.json.JsonMapper;

/** The objects of the feature {@code document}. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(DocumentSettings.class)
public class DocumentConfiguration {

    @Bean
    DocumentStore documentStore(JdbcClient jdbc, PlatformTransactionManager transactions, JsonMapper json) {
        return new DocumentStore(jdbc, new TransactionTemplate(transactions), json);
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
    DocumentController documentController(DocumentStore store, StatusStreams streams, Publisher publisher) {
        return new DocumentController(store, streams, publisher);
    }
}
