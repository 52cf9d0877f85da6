package io.knowledgebase.embed.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.knowledgebase.embed.turn.Claimant;
import io.knowledgebase.vectorizer.DenseVectorizer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class EmbeddingPoolTest {

    private static final DenseVectorizer MODEL = DenseVectorizer.miniLm();
    private static final Claimant EVE = new Claimant("eve", false);
    private static final Claimant ANNA = new Claimant("anna", false);

    private final List<String> read = new CopyOnWriteArrayList<>();
    private final CountDownLatch allWait = new CountDownLatch(1);

    @AfterAll
    static void close() {
        MODEL.close();
    }

    @Test
    void usersTakeTurns() {
        readAll(List.of(EVE, EVE, EVE, ANNA, ANNA), List.of("eve 1", "eve 2", "eve 3", "anna 1", "anna 2"));

        assertThat(read.indexOf("anna 1")).isLessThan(read.indexOf("eve 3"));
        assertThat(read.indexOf("anna 2")).isLessThanOrEqualTo(4);
        assertThat(read.stream().filter(text -> text.startsWith("eve"))).containsExactly("eve 1", "eve 2", "eve 3");
    }

    @Test
    void whatNobodyWaitsForIsReadLast() {
        Claimant replay = new Claimant("anna", true);

        readAll(List.of(replay, replay, EVE, EVE), List.of("replay 1", "replay 2", "eve 1", "eve 2"));

        assertThat(read).containsExactly("first", "eve 1", "eve 2", "replay 1", "replay 2");
    }

    @Test
    void failureOfTheModelIsTheTextsOwn() {
        allWait.countDown();
        try (EmbeddingPool pool = new Recording()) {
            CompletableFuture<float[]> bad = pool.vectorize(EVE, MODEL, "bad");
            CompletableFuture<float[]> good = pool.vectorize(EVE, MODEL, "good");

            assertThat(good.join()).hasSize(384);
            assertThatThrownBy(bad::join)
                    .isInstanceOf(CompletionException.class)
                    .hasMessageContaining("the model");
        }
    }

    /** Lets all texts wait behind a first one, on one thread. */
    private void readAll(List<Claimant> claimants, List<String> texts) {
        try (EmbeddingPool pool = new Recording()) {
            CompletableFuture<?>[] all = new CompletableFuture<?>[texts.size() + 1];
            all[texts.size()] = pool.vectorize(EVE, MODEL, "first");
            for (int i = 0; i < texts.size(); i++) {
                all[i] = pool.vectorize(claimants.get(i), MODEL, texts.get(i));
            }
            allWait.countDown();
            CompletableFuture.allOf(all).join();
        }
    }

    private final class Recording extends EmbeddingPool {

        Recording() {
            super(1);
        }

        @Override
        float[] compute(DenseVectorizer model, String text) {
            try {
                allWait.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            read.add(text);
            if (text.equals("bad")) {
                throw new IllegalStateException("the model");
            }
            return super.compute(model, text);
        }
    }
}
