package io.knowledgebase.embed.embed;

import io.knowledgebase.embed.turn.Claimant;
import io.knowledgebase.vectorizer.DenseVectorizer;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The threads that run the models: as many as there are cores, each text on one of them, claimants in turn. What nobody
 * waits for is read when there is nothing else.
 */
class EmbeddingPool implements AutoCloseable {

    private final ExecutorService threads;
    /** Texts that wait: the claimant whose last turn is longest ago first. */
    private final Map<Claimant, Deque<Waiting>> waiting = new LinkedHashMap<>();

    EmbeddingPool(int threads) {
        this.threads = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(task, "vectorize");
            thread.setDaemon(true);
            return thread;
        });
    }

    private record Waiting(DenseVectorizer model, String text, CompletableFuture<float[]> vector) {}

    CompletableFuture<float[]> vectorize(Claimant claimant, DenseVectorizer model, String text) {
        Waiting one = new Waiting(model, text, new CompletableFuture<>());
        synchronized (waiting) {
            waiting.computeIfAbsent(claimant, first -> new ArrayDeque<>()).add(one);
        }
        threads.execute(this::vectorizeNext); // as often as there are texts
        return one.vector();
    }

    private void vectorizeNext() {
        Waiting next = next();
        try {
            next.vector().complete(compute(next.model(), next.text()));
        } catch (RuntimeException | Error e) {
            next.vector().completeExceptionally(e);
        }
    }

    /** On one of the pool's threads. */
    float[] compute(DenseVectorizer model, String text) {
        return model.vectorize(text);
    }

    private Waiting next() {
        synchronized (waiting) {
            Claimant claimant = waiting.keySet().stream()
                    .min(Comparator.comparing(Claimant::inBackground))
                    .orElseThrow();
            Deque<Waiting> own = Objects.requireNonNull(waiting.remove(claimant));
            Waiting next = own.remove();
            if (!own.isEmpty()) {
                waiting.put(claimant, own); // behind the others
            }
            return next;
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
