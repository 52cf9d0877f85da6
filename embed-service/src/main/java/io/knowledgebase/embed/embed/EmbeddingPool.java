package io.knowledgebase.embed.embed;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** The threads that run the model: as many as there are cores, each text on one of them, users in turn. */
final class EmbeddingPool implements AutoCloseable {

    private final Function<String, float[]> model;
    private final ExecutorService threads;
    /** Texts that wait, by user: whose turn is next first. */
    private final Map<String, Deque<Waiting>> waiting = new LinkedHashMap<>();

    EmbeddingPool(Function<String, float[]> model, int threads) {
        this.model = model;
        this.threads = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(task, "vectorize");
            thread.setDaemon(true);
            return thread;
        });
    }

    private record Waiting(String text, CompletableFuture<float[]> vector) {}

    CompletableFuture<float[]> vectorize(String userId, String text) {
        Waiting one = new Waiting(text, new CompletableFuture<>());
        synchronized (waiting) {
            waiting.computeIfAbsent(userId, first -> new ArrayDeque<>()).add(one);
        }
        threads.execute(this::vectorizeNext); // as often as there are texts
        return one.vector();
    }

    private void vectorizeNext() {
        Waiting next = next();
        try {
            next.vector().complete(model.apply(next.text()));
        } catch (RuntimeException | Error e) {
            next.vector().completeExceptionally(e);
        }
    }

    private Waiting next() {
        synchronized (waiting) {
            Map.Entry<String, Deque<Waiting>> user =
                    waiting.entrySet().iterator().next();
            String userId = user.getKey();
            Deque<Waiting> own = user.getValue();
            waiting.remove(userId);
            Waiting next = own.remove();
            if (!own.isEmpty()) {
                waiting.put(userId, own); // behind the others
            }
            return next;
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
