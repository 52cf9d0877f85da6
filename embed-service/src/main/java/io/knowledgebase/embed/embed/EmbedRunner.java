package io.knowledgebase.embed.embed;

import io.knowledgebase.embed.generation.Feed.Feeding;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/** Keeps an {@link EmbedLoop} running until it is closed. */
final class EmbedRunner implements Feeding {

    private static final Logger LOG = LoggerFactory.getLogger(EmbedRunner.class);
    private static final Duration RESTART_DELAY = Duration.ofSeconds(1);

    private final Supplier<EmbedLoop> loops;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Thread thread;
    private volatile boolean working;

    EmbedRunner(String name, Supplier<EmbedLoop> loops) {
        this.loops = loops;
        this.thread = new Thread(this::run, name);
    }

    void start() {
        thread.start();
    }

    /** Whether the loop runs and Kafka has answered it a moment ago. */
    @Override
    public boolean isWorking() {
        return working;
    }

    @Override
    public void close() {
        stopping.countDown();
        try {
            thread.join(Duration.ofSeconds(10).toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
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
