package io.knowledgebase.ingest.notion.connection;

import io.knowledgebase.ingest.notion.NotionSettings;
import io.knowledgebase.ingest.notion.api.NotionApi;
import io.knowledgebase.ingest.seal.Seal;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The objects of the feature {@code notion.connection}. */
@Configuration(proxyBeanMethods = false)
public class ConnectionConfiguration {

    @Bean
    Seal seal(NotionSettings settings) {
        return Seal.of(settings.keys());
    }

    @Bean
    Connections connections(JdbcClient jdbc, Seal seal, NotionApi api, NotionSettings settings) {
        return new Connections(new ConnectionStore(jdbc), seal, api, settings);
    }

    @Bean
    ConnectionController connectionController(Connections connections) {
        return new ConnectionController(connections);
    }
}
