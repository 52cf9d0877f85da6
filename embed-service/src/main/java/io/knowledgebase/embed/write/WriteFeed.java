package io.knowledgebase.embed.write;

import io.knowledgebase.embed.generation.FedGeneration;
import io.knowledgebase.embed.generation.Feed;
import io.knowledgebase.schemas.event.EventCodec;
import io.knowledgebase.schemas.event.Topics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.MicrometerConsumerListener;
import org.springframework.kafka.event.ConsumerStoppedEvent;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ContainerProperties;

/** Writes the chunks of generations: consumers for each, which share the database. */
final class WriteFeed implements Feed {

    private final EventCodec codec;
    private final ChunkWriter writer;
    private final WriteErrors errors;
    private final WriteSettings settings;
    private final KafkaProperties kafka;
    private final MeterRegistry registry;
    private final Timer timer;
    private final List<ConcurrentMessageListenerContainer<String, byte[]>> running = new CopyOnWriteArrayList<>();

    WriteFeed(
            EventCodec codec,
            ChunkWriter writer,
            WriteErrors errors,
            WriteSettings settings,
            KafkaProperties kafka,
            MeterRegistry registry) {
        this.codec = codec;
        this.writer = writer;
        this.errors = errors;
        this.settings = settings;
        this.kafka = kafka;
        this.registry = registry;
        this.timer = Timer.builder("kb.write")
                .description("One transaction of the writer")
                .register(registry);
    }

    @Override
    public Feeding start(FedGeneration fed) {
        int generation = fed.generation().number();
        Map<String, Object> consumer = kafka.buildConsumerProperties();
        consumer.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        consumer.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        consumer.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 50);
        DefaultKafkaConsumerFactory<String, byte[]> consumers =
                new DefaultKafkaConsumerFactory<>(consumer, new StringDeserializer(), new ByteArrayDeserializer());
        consumers.addListener(new MicrometerConsumerListener<>(registry));
        ContainerProperties properties = new ContainerProperties(Topics.CHUNKS);
        properties.setGroupId(Topics.writeGroup(generation));
        properties.setMessageListener(new ChunkListener(generation, codec, writer, timer));
        ConcurrentMessageListenerContainer<String, byte[]> listeners =
                new ConcurrentMessageListenerContainer<>(consumers, properties);
        listeners.setConcurrency(settings.threads());
        listeners.setCommonErrorHandler(errors.handler(fed));
        listeners.setBeanName("write-g" + generation);
        listeners.setApplicationEventPublisher(restart(listeners));
        running.add(listeners);
        listeners.start();
        return new Feeding() {
            @Override
            public boolean isWorking() {
                return listeners.isRunning();
            }

            @Override
            public void close() {
                running.remove(listeners);
                listeners.stop();
            }
        };
    }

    List<ConcurrentMessageListenerContainer<String, byte[]>> running() {
        return running;
    }

    /** An error, such as want of memory, ends a consumer for good; without one nothing becomes searchable. */
    private ApplicationEventPublisher restart(ConcurrentMessageListenerContainer<String, byte[]> listeners) {
        return event -> {
            if (event instanceof ConsumerStoppedEvent stopped
                    && stopped.getReason() == ConsumerStoppedEvent.Reason.ERROR) {
                Thread restart = new Thread(
                        () -> {
                            listeners.stop();
                            if (running.contains(listeners)) {
                                listeners.start();
                            }
                        },
                        "write-restart");
                restart.start();
            }
        };
    }
}
