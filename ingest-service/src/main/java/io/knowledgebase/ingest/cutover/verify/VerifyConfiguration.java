package io.knowledgebase.ingest.cutover.verify;

import io.knowledgebase.ingest.cutover.legacy.MovedRowStore;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
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

    @Bean
    TouchedRows touchedRows(KafkaProperties kafka) {
        Map<String, Object> settings = new HashMap<>(kafka.buildConsumerProperties());
        settings.remove(ConsumerConfig.GROUP_ID_CONFIG);
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        return new TouchedRows(
                () -> new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer()));
    }
}
