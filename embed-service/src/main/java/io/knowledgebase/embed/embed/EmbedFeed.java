package io.knowledgebase.embed.embed;

import io.knowledgebase.embed.chunk.Chunker;
import io.knowledgebase.embed.extract.Extractor;
import io.knowledgebase.embed.generation.FedGeneration;
import io.knowledgebase.embed.generation.Feed;
import io.knowledgebase.embed.generation.Generation;
import io.knowledgebase.embed.generation.LoadedModels;
import io.knowledgebase.schemas.event.EventCodec;
import io.knowledgebase.schemas.event.Topics;
import io.knowledgebase.vectorizer.DenseVectorizer;
import io.knowledgebase.vectorizer.SparseVectorizer;
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
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;

/** Embeds documents for generations: a loop for each, which share workers, model threads and limits. */
final class EmbedFeed implements Feed {

    private static final int COMMIT_TIMEOUT_MS = 15_000;
    /** So long the transaction of a service that was killed holds up those who read behind it. */
    private static final int TRANSACTION_TIMEOUT_MS = 20_000;

    private final LoadedModels models;
    private final Extractor extractor;
    private final EmbeddingPool pool;
    private final DocumentStore store;
    private final EventCodec codec;
    private final EmbedSettings settings;
    private final EmbedMetrics metrics;
    private final KafkaProperties kafka;
    private final EmbedLimits limits;
    private final ExecutorService workers = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "embed-document");
        thread.setDaemon(true);
        return thread;
    });

    EmbedFeed(
            LoadedModels models,
            Extractor extractor,
            EmbeddingPool pool,
            DocumentStore store,
            EventCodec codec,
            EmbedSettings settings,
            EmbedMetrics metrics,
            KafkaProperties kafka) {
        this.models = models;
        this.extractor = extractor;
        this.pool = pool;
        this.store = store;
        this.codec = codec;
        this.settings = settings;
        this.metrics = metrics;
        this.kafka = kafka;
        this.limits = new EmbedLimits(settings.threads());
    }

    @Override
    public Feeding start(FedGeneration fed) {
        Generation generation = fed.generation();
        DenseVectorizer model = models.of(generation);
        DocumentEmbedder embedder = new DocumentEmbedder(
                fed,
                model,
                store,
                extractor,
                new Chunker(
                        model.wordPieces(),
                        model.maximumTokens(),
                        generation.chunkTokens(),
                        generation.overlapTokens()),
                pool,
                new SparseVectorizer(generation.analysis(), generation.averageTerms()),
                settings,
                limits,
                metrics);
        EmbedWorker worker = new EmbedWorker(fed, embedder, store, codec, settings, metrics);
        EmbedRunner runner = new EmbedRunner("embed-loop-g" + generation.number(), () -> {
            KafkaConsumer<String, byte[]> consumer = consumer(generation);
            return new EmbedLoop(consumer, producer(generation), worker, workers, metrics, settings.commitInterval());
        });
        runner.start();
        return runner;
    }

    private KafkaConsumer<String, byte[]> consumer(Generation generation) {
        Map<String, Object> properties = kafka.buildConsumerProperties();
        properties.put(ConsumerConfig.GROUP_ID_CONFIG, Topics.embedGroup(generation.number()));
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                IsolationLevel.READ_COMMITTED.toString().toLowerCase(Locale.ROOT));
        properties.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, CooperativeStickyAssignor.class.getName());
        return new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer());
    }

    private KafkaProducer<String, byte[]> producer(Generation generation) {
        Map<String, Object> properties = kafka.buildProducerProperties();
        properties.put(
                ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                Topics.embedGroup(generation.number()) + "-" + UUID.randomUUID());
        properties.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, TRANSACTION_TIMEOUT_MS);
        properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "zstd");
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, COMMIT_TIMEOUT_MS);
        properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 8 * 1024 * 1024);
        return new KafkaProducer<>(properties, new StringSerializer(), new ByteArraySerializer());
    }
}
