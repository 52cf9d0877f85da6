package io.knowledgebase.embed.embed;

import io.knowledgebase.embed.extract.ExtractedFile;
import io.knowledgebase.embed.extract.OutOfPatienceException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.io.IOException;
import java.time.Duration;
import org.apache.kafka.clients.consumer.Consumer;
import org.jspecify.annotations.Nullable;

/** What the embedder tells of itself. */
final class EmbedMetrics {

    private final MeterRegistry registry;
    private final Timer extraction;
    private final Timer document;
    private final Counter embedded;
    private final Counter reused;
    private final Counter lostFuture;

    EmbedMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.extraction = Timer.builder("kb.extract")
                .description("Reading the text of one document, its turn waited for included")
                .register(registry);
        this.document = Timer.builder("kb.embed.document")
                .description("All work on one document, from its event to its last part")
                .register(registry);
        this.embedded = Counter.builder("kb.embed.chunks")
                .tag("vector", "computed")
                .description("Chunks, by whether their vector was computed or known already")
                .register(registry);
        this.reused = Counter.builder("kb.embed.chunks")
                .tag("vector", "reused")
                .description("Chunks, by whether their vector was computed or known already")
                .register(registry);
        this.lostFuture = Counter.builder("kb.embed.lost.future")
                .description("Events that are ahead of the documents table: PostgreSQL is older than Kafka")
                .register(registry);
    }

    /** A parse, which may be interrupted or fail at the disk. */
    interface Parse {

        @Nullable
        ExtractedFile run() throws IOException, InterruptedException, OutOfPatienceException;
    }

    @Nullable
    ExtractedFile timeExtraction(Parse parse) throws IOException, InterruptedException, OutOfPatienceException {
        Timer.Sample sample = Timer.start(registry);
        try {
            return parse.run();
        } finally {
            sample.stop(extraction);
        }
    }

    void documentDone(Duration duration) {
        document.record(duration);
    }

    void countChunks(int newlyEmbedded, int alreadyKnown) {
        embedded.increment(newlyEmbedded);
        reused.increment(alreadyKnown);
    }

    void countLostFuture() {
        lostFuture.increment();
    }

    /** Kafka's own consumer metrics, lag among them, until closed. */
    KafkaClientMetrics observe(Consumer<?, ?> consumer) {
        KafkaClientMetrics metrics = new KafkaClientMetrics(consumer);
        metrics.bindTo(registry);
        return metrics;
    }
}
