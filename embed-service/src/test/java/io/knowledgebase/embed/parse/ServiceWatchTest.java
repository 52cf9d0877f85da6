package io.knowledgebase.embed.parse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ServiceWatchTest {

    /** Watches its parent, and would never end by itself. */
    static final class Endless {

        private Endless() {}

        public static void main(String[] arguments) throws InterruptedException {
            ServiceWatch.start();
            System.out.println("watching");
            new CountDownLatch(1).await();
        }
    }

    @Test
    void workerEndsWithItsService() throws Exception {
        Process service = new ProcessBuilder(
                        "sh",
                        "-c",
                        "\"$0\" -cp \"$1\" '" + Endless.class.getName() + "' & echo $!; wait",
                        ProcessHandle.current().info().command().orElseThrow(),
                        System.getProperty("java.class.path"))
                .start();
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(service.getInputStream(), StandardCharsets.UTF_8))) {
            ProcessHandle worker =
                    ProcessHandle.of(Long.parseLong(output.readLine())).orElseThrow();
            assertThat(output.readLine()).isEqualTo("watching");

            service.destroyForcibly().waitFor();

            await().atMost(Duration.ofSeconds(20)).until(() -> !worker.isAlive());
        }
    }
}
