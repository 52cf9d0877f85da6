package io.knowledgebase.ingest.publish;

import io.knowledgebase.schemas.database.Lease;
import io.knowledgebase.schemas.event.EventCodec;
import io.knowledgebase.schemas.event.TopicOffsets;
import io.knowledgebase.schemas.event.TopicReader;
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
    TopicOffsets topicOffsets(KafkaProperties kafka, PublishSettings settings) {
        return new TopicOffsets(kafka.buildAdminProperties(), settings.kafkaTimeout());
    }

    @Bean(initMethod = "start")
    Publisher publisher(
            PublishStore store,
            TopicOffsets offsets,
            JdbcClient jdbc,
            KafkaProperties kafka,
            PublishSettings settings,
            MeterRegistry meters) {
        EventCodec codec = new EventCodec(SOURCE, Clock.systemUTC());
        EventProducer producer = new EventProducer(kafka.buildProducerProperties(), codec, settings.kafkaTimeout());
        TopicReader reader = new TopicReader(offsets, kafka.buildConsumerProperties(), settings.kafkaTimeout());
        Timer timer = Timer.builder("kb.publish")
                .description("Time from the acceptance of a document to its event.")
                .publishPercentileHistogram()
                .register(meters);
        return new Publisher(
                store,
                producer,
                new Sweep(store, offsets, reader, settings.settleCheckAfter()),
                new Republication(store, reader, codec),
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
    KafkaHealth kafkaHealthIndicator(TopicOffsets offsets) {
        return new KafkaHealth(offsets::isKafkaThere);
    }
}
