package io.knowledgebase.ingest.cutover.sink;

import io.knowledgebase.ingest.cutover.legacy.Secrets;
import io.knowledgebase.ingest.seal.Seal;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** The objects of the feature {@code cutover.sink}. */
@Configuration(proxyBeanMethods = false)
public class SinkConfiguration {

    @Bean
    Sink legacySink(JdbcClient jdbc, TransactionTemplate transaction, Seal seal) {
        return new Sink(new SinkStore(jdbc, transaction), new Secrets(seal));
    }
}
