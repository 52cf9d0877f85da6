package io.knowledgebase.embed.embed;

import io.knowledgebase.embed.chunk.Chunker;
import io.knowledgebase.embed.extract.ExtractSettings;
import io.knowledgebase.embed.extract.Extractor;
import io.knowledgebase.embed.generation.Generation;
import io.knowledgebase.embed.generation.Generations;
import io.knowledgebase.schemas.event.EventCodec;
import io.knowledgebase.schemas.event.Topics;
import io.knowledgebase.vectorizer.DenseVectorizer;
import io.knowledgebase.vectorizer.SparseVectorizer;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({EmbedSettings.class, ExtractSettings.class})
class EmbedConfiguration {

    private static final int COMMIT_TIMEOUT_MS = 15_000;
    /** So long the transaction of a service that was killed holds up those who read behind it. */
    private static final int TRANSACTION_TIMEOUT_MS = 20_000;

    @Bean
    DenseVectorizer denseVectorizer() {
        return DenseVectorizer.miniLm();
    }

    @Bean
    Extractor extractor(ExtractSettings settings) throws IOException {
        return new Extractor(settings);
    }

    @Bean
    EmbeddingPool embeddingPool(DenseVectorizer vectorizer, EmbedSettings settings) {
        return new EmbeddingPool(vectorizer::vectorize, settings.threads());
    }

    @Bean
    DocumentStore documentStore(JdbcClient jdbc) {
        return new DocumentStore(jdbc);
    }

    @Bean
    EmbedMetrics embedMetrics(MeterRegistry registry) {
        return new EmbedMetrics(registry);
    }

    @Bean
    EmbedRunner embedRunner(
            Generations generations,
            DenseVectorizer vectorizer,
            Extractor extractor,
            EmbeddingPool pool,
            DocumentStore store,
            EventCodec codec,
            EmbedSettings settings,
            EmbedMetrics metrics,
            KafkaProperties kafka) {
        ExecutorService workers = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "embed-document");
            thread.setDaemon(true);
            return thread;
        });
        EmbedLimits limits = new EmbedLimits(settings.threads());
        return new EmbedRunner(() -> {
            Generation generation = generations.live();
            Chunker chunker = new Chunker(
                    vectorizer.wordPieces(),
                    vectorizer.maximumTokens(),
                    generation.chunkTokens(),
                    generation.overlapTokens());
            DocumentEmbedder embedder = new DocumentEmbedder(
                    generation,
                    store,
                    extractor,
                    chunker,
                    pool,
                    new SparseVectorizer(generation.averageTerms()),
                    settings,
                    limits,
                    metrics);
            EmbedWorker worker = new EmbedWorker(generation, embedder, store, codec, settings, metrics);
            KafkaConsumer<String, byte[]> consumer = consumer(kafka, generation);
            return new EmbedLoop(
                    consumer, producer(kafka, generation), worker, workers, metrics, settings.commitInterval());
        });
    }

    @Bean
    HealthIndicator embedLoopHealthIndicator(EmbedRunner runner) {
        return () -> runner.isWorking()
                ? Health.up().build()
                : Health.down().withDetail("reason", "no connection to Kafka").build();
    }

    @Bean
    HealthIndicator extractorHealthIndicator(Extractor extractor) {
        return () -> {
            String complaint = extractor.complaint();
            return complaint == null
                    ? Health.up().build()
                    : Health.down().withDetail("reason", complaint).build();
        };
    }

    private static KafkaConsumer<String, byte[]> consumer(KafkaProperties kafka, Generation generation) {
        Map<String, Object> settings = kafka.buildConsumerProperties();
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, Topics.embedGroup(generation.number()));
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                IsolationLevel.READ_COMMITTED.toString().toLowerCase(Locale.ROOT));
        settings.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, CooperativeStickyAssignor.class.getName());
        return new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
    }

    private static KafkaProducer<String, byte[]> producer(KafkaProperties kafka, Generation generation) {
        Map<String, Object> settings = kafka.buildProducerProperties();
        settings.put(
                ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                Topics.embedGroup(generation.number()) + "-" + UUID.randomUUID());
        settings.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, TRANSACTION_TIMEOUT_MS);
        settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "zstd");
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, COMMIT_TIMEOUT_MS);
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 8 * 1024 * 1024);
        return new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
    }
}
