package io.knowledgebase.ingest.publish;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/**
 * Without Kafka the service is degraded, not down: uploads are taken and published later. Kafka is asked on a thread of
 * its own, because it may take longer to say nothing than those who check the health wait.
 */
final class KafkaHealth implements HealthIndicator, AutoCloseable {

    private static final Status DEGRADED = new Status("DEGRADED");
    private static final Duration FRESH = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofMillis(800);

    private final BooleanSupplier kafka;
    private final ExecutorService executor = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "kafka-health");
        thread.setDaemon(true);
        return thread;
    });
    private Future<Boolean> answer = CompletableFuture.completedFuture(false);
    private long askedNanos = System.nanoTime() - FRESH.toNanos();

    /**
     * The health of a Kafka that was not asked yet.
     *
     * @param kafka whether a broker answers; may block
     */
    KafkaHealth(BooleanSupplier kafka) {
        this.kafka = kafka;
    }

    @Override
    public Health health() {
        return Health.status(isThere() ? Status.UP : DEGRADED).build();
    }

    private boolean isThere() {
        try {
            return ask().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private synchronized Future<Boolean> ask() {
        if (answer.isDone() && System.nanoTime() - askedNanos >= FRESH.toNanos()) {
            askedNanos = System.nanoTime();
            answer = executor.submit(kafka::getAsBoolean);
        }
        return answer;
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
