package io.knowledgebase.ingest.publish;

import io.knowledgebase.schemas.database.Lease;
import io.knowledgebase.schemas.event.EventCodec;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Clock;
import java.util.UUID;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The objects of the feature {@code publish}. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(PublishSettings.class)
public class PublishConfiguration {

    private static final String SOURCE = "/kb/ingest-service";

    @Bean
    PublishStore publishStore(JdbcClient jdbc) {
        return new PublishStore(jdbc);
    }

    @Bean
    Consumption consumption(KafkaProperties kafka, PublishSettings settings) {
        return new Consumption(kafka.buildAdminProperties(), kafka.buildConsumerProperties(), settings.kafkaTimeout());
    }

    @Bean(initMethod = "start")
    Publisher publisher(
            PublishStore store,
            Consumption consumption,
            JdbcClient jdbc,
            KafkaProperties kafka,
            PublishSettings settings,
            MeterRegistry meters) {
        EventProducer producer = new EventProducer(
                kafka.buildProducerProperties(), new EventCodec(SOURCE, Clock.systemUTC()), settings.kafkaTimeout());
        Timer timer = Timer.builder("kb.publish")
                .description("Time from the acceptance of a document to its event.")
                .publishPercentileHistogram()
                .register(meters);
        return new Publisher(
                store,
                producer,
                new Sweep(store, consumption, settings.settleCheckAfter()),
                new Lease(jdbc, "publisher", UUID.randomUUID().toString(), settings.lease()),
                settings,
                timer::record);
    }

    @Bean(initMethod = "start")
    DocumentCounts documentCounts(PublishStore store, MeterRegistry meters) {
        DocumentCounts counts = new DocumentCounts(store::countDocuments);
        for (String state : DocumentCounts.STATES) {
            Gauge.builder("kb.documents", counts, now -> now.of(state))
                    .tag("state", state)
                    .description("Documents by state; pending and published ones are on their way.")
                    .register(meters);
        }
        return counts;
    }

    @Bean
    KafkaHealth kafkaHealthIndicator(Consumption consumption) {
        return new KafkaHealth(consumption::isKafkaThere);
    }
}
