package io.knowledgebase.ingest.notion.sync;

import io.knowledgebase.ingest.document.Documents;
import io.knowledgebase.ingest.notion.NotionSettings;
import io.knowledgebase.ingest.notion.api.NotionApi;
import io.knowledgebase.ingest.notion.connection.Connections;
import io.knowledgebase.schemas.database.Lease;
import io.knowledgebase.schemas.event.MalformedEventException;
import io.knowledgebase.schemas.event.NotionEventCodec;
import io.knowledgebase.schemas.event.Topics;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.DeadLetterPublishingRecoverer;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.kafka.listener.KafkaMessageListenerContainer;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.util.backoff.FixedBackOff;

/** The objects of the feature {@code notion.sync}. */
@Configuration(proxyBeanMethods = false)
public class SyncConfiguration {

    private static final long RETRY_MS = 1_000;

    @Bean
    TaskStore notionTaskStore(JdbcClient jdbc, TransactionTemplate transaction) {
        return new TaskStore(jdbc, transaction);
    }

    @Bean
    RunStore notionRunStore(JdbcClient jdbc, TransactionTemplate transaction) {
        return new RunStore(jdbc, transaction);
    }

    @Bean
    EntityStore notionEntityStore(JdbcClient jdbc) {
        return new EntityStore(jdbc);
    }

    @Bean
    PageController notionPageController(EntityStore entities) {
        return new PageController(entities);
    }

    @Bean
    SyncController syncController(RunStore runs, TaskStore tasks, EntityStore entities) {
        return new SyncController(runs, tasks, entities);
    }

    @Bean(initMethod = "start")
    Desks desks(
            JdbcClient jdbc,
            TaskStore tasks,
            RunStore runs,
            EntityStore entities,
            Connections connections,
            Documents documents,
            NotionApi api,
            NotionSettings settings,
            MeterRegistry meters) {
        Clock clock = Clock.systemUTC();
        PageFiles files = new PageFiles(entities, documents, api, settings);
        Relatives relatives = new Relatives(entities, tasks);
        PageReader pages = new PageReader(entities, tasks, relatives, documents, files, settings, meters, clock);
        DataSourceReader dataSources = new DataSourceReader(entities, tasks, relatives, clock);
        Lister lister = new Lister(runs, tasks, entities, dataSources, settings);
        Work work = new Work(tasks, runs, entities, connections, pages, dataSources, lister, settings);
        String holder = UUID.randomUUID().toString();
        return new Desks(
                tasks,
                runs,
                work,
                new Freshness(entities, runs, meters),
                connection -> new Lease(jdbc, "notion-" + connection, holder, settings.lease()),
                settings);
    }

    @Bean
    KafkaMessageListenerContainer<String, byte[]> notionEvents(
            TaskStore tasks, KafkaProperties kafka, NotionSettings settings, MeterRegistry meters) {
        Map<String, Object> consumer = kafka.buildConsumerProperties();
        consumer.put(ConsumerConfig.GROUP_ID_CONFIG, Topics.NOTION_GROUP);
        consumer.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        ContainerProperties properties = new ContainerProperties(Topics.NOTION_EVENTS);
        properties.setMissingTopicsFatal(false);
        properties.setMessageListener(new EventListener(
                new NotionEventCodec("/kb/ingest-service"), new Events(tasks, settings.debounce(), meters)));
        KafkaMessageListenerContainer<String, byte[]> container = new KafkaMessageListenerContainer<>(
                new DefaultKafkaConsumerFactory<>(consumer, new StringDeserializer(), new ByteArrayDeserializer()),
                properties);
        container.setCommonErrorHandler(errorHandler(kafka));
        return container;
    }

    /** PostgreSQL's absence is waited out; what is no event is filed. */
    private static DefaultErrorHandler errorHandler(KafkaProperties kafka) {
        KafkaTemplate<String, byte[]> template = new KafkaTemplate<>(new DefaultKafkaProducerFactory<>(
                kafka.buildProducerProperties(), new StringSerializer(), new ByteArraySerializer()));
        DefaultErrorHandler handler = new DefaultErrorHandler(
                new DeadLetterPublishingRecoverer(
                        template, (record, cause) -> new TopicPartition(record.topic() + Topics.DEAD_LETTER_SUFFIX, 0)),
                new FixedBackOff(RETRY_MS, FixedBackOff.UNLIMITED_ATTEMPTS));
        handler.addNotRetryableExceptions(MalformedEventException.class);
        return handler;
    }
}
