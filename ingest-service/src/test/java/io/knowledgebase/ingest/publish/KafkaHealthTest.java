package io.knowledgebase.ingest.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Status;

class KafkaHealthTest {

    @Test
    void silenceOfKafkaIsToldBeforeThoseWhoAskGiveUp() {
        CountDownLatch asked = new CountDownLatch(1);
        try (KafkaHealth health = new KafkaHealth(() -> {
            asked.countDown();
            return silence();
        })) {
            Status status = assertTimeoutPreemptively(
                    Duration.ofSeconds(3), () -> health.health().getStatus());

            assertThat(status.getCode()).isEqualTo("DEGRADED");
            assertThat(asked.getCount()).isZero();
        }
    }

    @Test
    void answerOfKafkaIsTold() {
        try (KafkaHealth there = new KafkaHealth(() -> true);
                KafkaHealth away = new KafkaHealth(() -> false)) {
            assertThat(there.health().getStatus()).isEqualTo(Status.UP);
            assertThat(away.health().getStatus().getCode()).isEqualTo("DEGRADED");
        }
    }

    private static boolean silence() {
        try {
            new CountDownLatch(1).await();
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }
}
