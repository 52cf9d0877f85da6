package io.knowledgebase.ingest.replay;

import io.knowledgebase.ingest.publish.Publisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The objects of the feature {@code replay}. */
@Configuration(proxyBeanMethods = false)
public class ReplayConfiguration {

    @Bean
    ReplayController replayController(JdbcClient jdbc, Publisher publisher) {
        return new ReplayController(new ReplayStore(jdbc), publisher);
    }
}
