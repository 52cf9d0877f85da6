package io.knowledgebase.embed.write;

import io.knowledgebase.embed.generation.Generation;
import io.knowledgebase.embed.generation.Generations;
import io.knowledgebase.schemas.event.EventCodec;
import io.knowledgebase.schemas.event.MalformedEventException;
import io.knowledgebase.schemas.event.Topics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.RecoverableDataAccessException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.MicrometerConsumerListener;
import org.springframework.kafka.event.ConsumerStoppedEvent;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.DeadLetterPublishingRecoverer;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.util.backoff.ExponentialBackOff;
import org.springframework.util.backoff.FixedBackOff;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(WriteSettings.class)
class WriteConfiguration {

    private static final long FIRST_BACKOFF_MS = 200;
    private static final long LONGEST_BACKOFF_MS = 10_000;

    @Bean
    ChunkStore chunkStore(JdbcTemplate jdbc) {
        return new ChunkStore(jdbc);
    }

    @Bean
    ChunkWriter chunkWriter(ChunkStore store, TransactionTemplate transaction) {
        return new ChunkWriter(store, transaction);
    }

    @Bean
    DefaultErrorHandler writeErrorHandler(
            KafkaTemplate<String, byte[]> template, FailedDocuments failed, WriteSettings settings) {
        DeadLetterPublishingRecoverer deadLetters = new DeadLetterPublishingRecoverer(
                template, (consumed, failure) -> new TopicPartition(consumed.topic() + Topics.DEAD_LETTER_SUFFIX, -1));
        DefaultErrorHandler handler = new DefaultErrorHandler((consumed, failure) -> {
            deadLetters.accept(consumed, failure);
            failed.markInternal(bytes(consumed));
        });
        handler.addNotRetryableExceptions(MalformedEventException.class);
        handler.setBackOffFunction((consumed, failure) -> {
            if (isTransient(failure)) {
                ExponentialBackOff endless = new ExponentialBackOff(FIRST_BACKOFF_MS, 2);
                endless.setMaxInterval(LONGEST_BACKOFF_MS);
                return endless;
            }
            return new FixedBackOff(FIRST_BACKOFF_MS, settings.attempts() - 1L);
        });
        return handler;
    }

    @Bean
    FailedDocuments failedDocuments(Generations generations, ChunkWriter writer, ChunkStore store, EventCodec codec) {
        return new FailedDocuments(generations, writer, store, codec);
    }

    /** An error, such as want of memory, ends a consumer for good; without one nothing becomes searchable. */
    @Bean
    ApplicationListener<ConsumerStoppedEvent> writeRestart(
            ConcurrentMessageListenerContainer<String, byte[]> writeContainer) {
        return stopped -> {
            if (stopped.getReason() == ConsumerStoppedEvent.Reason.ERROR) {
                Thread restart = new Thread(
                        () -> {
                            writeContainer.stop();
                            writeContainer.start();
                        },
                        "write-restart");
                restart.start();
            }
        };
    }

    @Bean
    ConcurrentMessageListenerContainer<String, byte[]> writeContainer(
            Generations generations,
            EventCodec codec,
            ChunkWriter writer,
            DefaultErrorHandler writeErrorHandler,
            WriteSettings settings,
            KafkaProperties kafka,
            MeterRegistry registry) {
        Generation live = generations.live();
        Map<String, Object> consumer = kafka.buildConsumerProperties();
        consumer.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        consumer.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        consumer.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 50);
        DefaultKafkaConsumerFactory<String, byte[]> consumers =
                new DefaultKafkaConsumerFactory<>(consumer, new StringDeserializer(), new ByteArrayDeserializer());
        consumers.addListener(new MicrometerConsumerListener<>(registry));
        ContainerProperties container = new ContainerProperties(Topics.CHUNKS);
        container.setGroupId(Topics.writeGroup(live.number()));
        Timer timer = Timer.builder("kb.write")
                .description("One transaction of the writer")
                .register(registry);
        container.setMessageListener(new ChunkListener(live.number(), codec, writer, timer));
        ConcurrentMessageListenerContainer<String, byte[]> listeners =
                new ConcurrentMessageListenerContainer<>(consumers, container);
        listeners.setConcurrency(settings.threads());
        listeners.setCommonErrorHandler(writeErrorHandler);
        listeners.setBeanName("write");
        return listeners;
    }

    @SuppressWarnings("unchecked") // the container's deserializer makes byte[]
    private static ConsumerRecord<?, byte[]> bytes(ConsumerRecord<?, ?> consumed) {
        return (ConsumerRecord<?, byte[]>) consumed;
    }

    private static boolean isTransient(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof TransientDataAccessException
                    || cause instanceof DataAccessResourceFailureException
                    || cause instanceof RecoverableDataAccessException
                    || cause instanceof TransactionException) {
                return true;
            }
        }
        return false;
    }
}
