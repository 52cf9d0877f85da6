package io.knowledgebase.ingest.cutover.verify;

import io.knowledgebase.ingest.cutover.legacy.MovedRowStore;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The objects of the feature {@code cutover.verify}. */
@Configuration(proxyBeanMethods = false)
public class VerifyConfiguration {

    @Bean
    Verification verification(JdbcClient jdbc) {
        return new Verification(new MovedRowStore(jdbc));
    }
}
