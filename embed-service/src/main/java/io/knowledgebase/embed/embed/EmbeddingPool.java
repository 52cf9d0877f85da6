package io.knowledgebase.embed.embed;

import io.knowledgebase.vectorizer.DenseVectorizer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The threads that run the model: as many as there are cores, each text on one of them, first come first served. */
final class EmbeddingPool implements AutoCloseable {

    private final DenseVectorizer vectorizer;
    private final ExecutorService threads;

    EmbeddingPool(DenseVectorizer vectorizer, int threads) {
        this.vectorizer = vectorizer;
        this.threads = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(task, "vectorize");
            thread.setDaemon(true);
            return thread;
        });
    }

    CompletableFuture<float[]> vectorize(String text) {
        return CompletableFuture.supplyAsync(() -> vectorizer.vectorize(text), threads);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
