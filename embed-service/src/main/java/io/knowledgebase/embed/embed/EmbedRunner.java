package io.knowledgebase.embed.embed;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;

/** Keeps an {@link EmbedLoop} running for as long as the service does. */
final class EmbedRunner implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(EmbedRunner.class);
    private static final Duration RESTART_DELAY = Duration.ofSeconds(1);

    private final Supplier<EmbedLoop> loops;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "embed-loop");
    private volatile boolean working;

    EmbedRunner(Supplier<EmbedLoop> loops) {
        this.loops = loops;
    }

    /** Whether the loop runs and Kafka has answered it a moment ago. */
    boolean isWorking() {
        return working;
    }

    @Override
    public void start() {
        thread.start();
    }

    @Override
    public void stop() {
        stopping.countDown();
        try {
            thread.join(Duration.ofSeconds(10).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean isRunning() {
        return thread.isAlive();
    }

    private void run() {
        while (stopping.getCount() > 0) {
            try (EmbedLoop loop = loops.get()) {
                loop.start();
                while (stopping.getCount() > 0) {
                    loop.round();
                    working = loop.isConnected();
                }
            } catch (KafkaException | DataAccessException e) {
                working = false;
                LOG.warn(
                        "event=embed-loop-restarts cause=\"{}: {}\"",
                        e.getClass().getSimpleName(),
                        e.getMessage());
                pause();
            } catch (RuntimeException | Error e) {
                working = false;
                LOG.error("event=embed-loop-failed", e);
                pause();
            }
        }
    }

    private void pause() {
        try {
            boolean stopped = stopping.await(RESTART_DELAY.toMillis(), TimeUnit.MILLISECONDS);
            LOG.debug("event=embed-loop-pause-over stopped={}", stopped);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
