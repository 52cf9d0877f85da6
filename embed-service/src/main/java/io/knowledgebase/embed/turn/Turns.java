package io.knowledgebase.embed.turn;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** A number of permits, given to the user who holds the fewest; safe for use by several threads. */
public final class Turns {

    private final Map<String, Integer> held = new HashMap<>();
    /** Users who wait, the one whose last turn is longest ago first; each user's own wait in order. */
    private final Map<String, Deque<Waiter>> waiting = new LinkedHashMap<>();

    private int free;

    public Turns(int permits) {
        this.free = permits;
    }

    /** A permit until it is closed; closing it again does nothing. */
    public interface Turn extends AutoCloseable {

        @Override
        void close();
    }

    /** Compared by identity. */
    private static final class Waiter {
        private final CompletableFuture<Turn> turn = new CompletableFuture<>();
    }

    /** Waits for a permit. */
    public Turn take(String user) throws InterruptedException {
        Waiter waiter = new Waiter();
        synchronized (this) {
            waiting.computeIfAbsent(user, first -> new ArrayDeque<>()).add(waiter);
            give();
        }
        try {
            return waiter.turn.get();
        } catch (InterruptedException e) {
            withdraw(user, waiter);
            throw e;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A permit if one is free now. */
    public synchronized Optional<Turn> tryTake(String user) {
        return free > 0 ? Optional.of(hold(user)) : Optional.empty();
    }

    private synchronized void withdraw(String user, Waiter waiter) {
        Deque<Waiter> own = waiting.get(user);
        if (own != null && own.remove(waiter)) {
            if (own.isEmpty()) {
                waiting.remove(user);
            }
        } else {
            waiter.turn.join().close(); // given in the meantime
        }
    }

    private void give() {
        while (free > 0 && !waiting.isEmpty()) {
            Map.Entry<String, Deque<Waiter>> next = Collections.min(
                    waiting.entrySet(), Comparator.comparing(user -> held.getOrDefault(user.getKey(), 0)));
            String user = next.getKey();
            Deque<Waiter> own = next.getValue();
            waiting.remove(user);
            Waiter waiter = own.remove();
            if (!own.isEmpty()) {
                waiting.put(user, own); // behind the others
            }
            waiter.turn.complete(hold(user));
        }
    }

    private Turn hold(String user) {
        free--;
        held.merge(user, 1, Integer::sum);
        return new Turn() {
            private boolean over;

            @Override
            public void close() {
                synchronized (Turns.this) {
                    if (!over) {
                        over = true;
                        free++;
                        held.computeIfPresent(user, (same, count) -> count == 1 ? null : count - 1);
                        give();
                    }
                }
            }
        };
    }
}
