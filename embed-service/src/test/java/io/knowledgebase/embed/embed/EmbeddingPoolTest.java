package io.knowledgebase.embed.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class EmbeddingPoolTest {

    @Test
    void usersTakeTurns() {
        List<String> read = new CopyOnWriteArrayList<>();
        CountDownLatch allWait = new CountDownLatch(1);
        try (EmbeddingPool pool = new EmbeddingPool(
                text -> {
                    awaitUninterruptibly(allWait);
                    read.add(text);
                    return new float[0];
                },
                1)) {
            CompletableFuture<?> first = pool.vectorize("eve", "first"); // taken while nobody else waits
            CompletableFuture<?> all = CompletableFuture.allOf(
                    first,
                    pool.vectorize("eve", "eve 1"),
                    pool.vectorize("eve", "eve 2"),
                    pool.vectorize("eve", "eve 3"),
                    pool.vectorize("anna", "anna 1"),
                    pool.vectorize("anna", "anna 2"));
            allWait.countDown();
            all.join();
        }

        assertThat(read.indexOf("anna 1")).isLessThan(read.indexOf("eve 3"));
        assertThat(read.indexOf("anna 2")).isLessThanOrEqualTo(4);
        assertThat(read.stream().filter(text -> text.startsWith("eve"))).containsExactly("eve 1", "eve 2", "eve 3");
    }

    @Test
    void failureOfTheModelIsTheTextsOwn() {
        try (EmbeddingPool pool = new EmbeddingPool(
                text -> {
                    if (text.equals("bad")) {
                        throw new IllegalStateException("the model");
                    }
                    return new float[] {1};
                },
                1)) {
            CompletableFuture<float[]> bad = pool.vectorize("eve", "bad");
            CompletableFuture<float[]> good = pool.vectorize("eve", "good");

            assertThat(good.join()).containsExactly(1);
            assertThatThrownBy(bad::join)
                    .isInstanceOf(CompletionException.class)
                    .hasMessageContaining("the model");
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
