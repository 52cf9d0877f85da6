package io.knowledgebase.ingest.publish;

import java.time.Duration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/** Without Kafka the service is degraded, not down: uploads are taken and published later. */
final class KafkaHealth implements HealthIndicator {

    private static final Status DEGRADED = new Status("DEGRADED");
    private static final Duration FRESH = Duration.ofSeconds(2);

    private final Consumption consumption;
    private boolean there;
    private long askedNanos;

    KafkaHealth(Consumption consumption) {
        this.consumption = consumption;
        this.askedNanos = System.nanoTime() - FRESH.toNanos();
    }

    @Override
    public synchronized Health health() {
        if (System.nanoTime() - askedNanos >= FRESH.toNanos()) {
            there = consumption.isKafkaThere();
            askedNanos = System.nanoTime();
        }
        return Health.status(there ? Status.UP : DEGRADED).build();
    }
}
