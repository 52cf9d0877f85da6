package io.knowledgebase.embed.turn;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A number of permits, given to the claimant who holds the fewest; safe for use by several threads. Those in the
 * background get what nobody else waits for, and never all of them where there are several.
 */
public final class Turns {

    private final Map<Claimant, Integer> held = new HashMap<>();
    /** The one whose last turn is longest ago first; what each wants waits in order. */
    private final Map<Claimant, Deque<Waiter>> waiting = new LinkedHashMap<>();

    private int free;
    private int freeInBackground;

    public Turns(int permits) {
        this.free = permits;
        this.freeInBackground = Math.max(1, permits - 1);
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
    public Turn take(Claimant claimant) throws InterruptedException {
        Waiter waiter = new Waiter();
        synchronized (this) {
            waiting.computeIfAbsent(claimant, first -> new ArrayDeque<>()).add(waiter);
            give();
        }
        try {
            return waiter.turn.get();
        } catch (InterruptedException e) {
            withdraw(claimant, waiter);
            throw e;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A permit if one is free now. */
    public synchronized Optional<Turn> tryTake(Claimant claimant) {
        return mayHold(claimant) ? Optional.of(hold(claimant)) : Optional.empty();
    }

    private synchronized void withdraw(Claimant claimant, Waiter waiter) {
        Deque<Waiter> own = waiting.get(claimant);
        if (own != null && own.remove(waiter)) {
            if (own.isEmpty()) {
                waiting.remove(claimant);
            }
        } else {
            waiter.turn.join().close(); // given in the meantime
        }
    }

    private void give() {
        for (Optional<Claimant> next = next(); next.isPresent(); next = next()) {
            Claimant claimant = next.get();
            Deque<Waiter> own = Objects.requireNonNull(waiting.remove(claimant));
            Waiter waiter = own.remove();
            if (!own.isEmpty()) {
                waiting.put(claimant, own); // behind the others
            }
            waiter.turn.complete(hold(claimant));
        }
    }

    private Optional<Claimant> next() {
        return waiting.keySet().stream()
                .filter(this::mayHold)
                .min(Comparator.comparing(Claimant::inBackground)
                        .thenComparing(claimant -> held.getOrDefault(claimant, 0)));
    }

    private boolean mayHold(Claimant claimant) {
        return free > 0 && (!claimant.inBackground() || freeInBackground > 0);
    }

    private Turn hold(Claimant claimant) {
        count(claimant, 1);
        return new Turn() {
            private boolean over;

            @Override
            public void close() {
                synchronized (Turns.this) {
                    if (!over) {
                        over = true;
                        count(claimant, -1);
                        give();
                    }
                }
            }
        };
    }

    private void count(Claimant claimant, int taken) {
        free -= taken;
        freeInBackground -= claimant.inBackground() ? taken : 0;
        held.compute(claimant, (same, before) -> {
            int now = (before == null ? 0 : before) + taken;
            return now == 0 ? null : now;
        });
    }
}
