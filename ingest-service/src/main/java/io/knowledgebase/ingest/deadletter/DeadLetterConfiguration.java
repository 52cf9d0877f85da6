package io.knowledgebase.ingest.deadletter;

import io.knowledgebase.ingest.publish.PublishSettings;
import io.knowledgebase.schemas.problem.Places;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The objects of the feature {@code deadletter}. */
@Configuration(proxyBeanMethods = false)
public class DeadLetterConfiguration {

    /** Each holds a consumer and up to 20 events of 1 MiB. */
    private static final int READERS = 2;

    @Bean
    DeadLetterStore deadLetterStore(JdbcClient jdbc) {
        return new DeadLetterStore(jdbc);
    }

    @Bean
    DeadLetterTopics deadLetterTopics(KafkaProperties kafka, PublishSettings settings) {
        return new DeadLetterTopics(kafka.buildConsumerProperties(), settings.kafkaTimeout());
    }

    @Bean
    DeadLetterController deadLetterController(DeadLetterTopics topics, DeadLetterStore store) {
        return new DeadLetterController(
                topics, store, new Places(READERS, "Dead letters are being read by others already."));
    }
}
