package io.knowledgebase.schemas.problem;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** So many requests at a time that each hold much memory; one that gets no place soon is answered 503. */
public final class Places {

    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Semaphore free;
    private final String full;

    /**
     * Places that are all free.
     *
     * @param full the sentence for whom there is none
     */
    public Places(int places, String full) {
        this.free = new Semaphore(places, true);
        this.full = full;
    }

    /** Runs a request on a place of its own, in the order in which they came. */
    public void run(Request request) throws IOException {
        take();
        try {
            request.run();
        } finally {
            free.release();
        }
    }

    /** As {@link #run}, for a request whose answer is returned. */
    public <T> T get(Supplier<T> request) {
        take();
        try {
            return request.get();
        } finally {
            free.release();
        }
    }

    private void take() {
        if (!isTaken()) {
            throw Problem.unavailable(full);
        }
    }

    private boolean isTaken() {
        try {
            return free.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** What needs a place. */
    @FunctionalInterface
    public interface Request {
        void run() throws IOException;
    }
}
