package io.knowledgebase.ingest.cutover;

import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Something that runs while the move needs it; made anew when it has ended by itself or the move is another one. */
final class Machine<T extends AutoCloseable> {

    private static final Duration LEAST_LIFE = Duration.ofSeconds(5);

    private final Function<CutoverStore.Kept, T> maker;
    private final Predicate<T> broken;
    private @Nullable T running;
    private @Nullable String runsFor;
    private Instant madeAt = Instant.EPOCH;

    Machine(Function<CutoverStore.Kept, T> maker, Predicate<T> broken) {
        this.maker = maker;
        this.broken = broken;
    }

    /** Whether what runs is of no use for a move. What breaks gets some time, or it would be made anew without a pause. */
    boolean isStale(CutoverStore.Kept kept) {
        T known = running;
        return known != null
                && (!move(kept).equals(runsFor)
                        || (broken.test(known) && Instant.now().isAfter(madeAt.plus(LEAST_LIFE))));
    }

    T runFor(CutoverStore.Kept kept) {
        T known = running;
        if (known == null) {
            known = maker.apply(kept);
            running = known;
            runsFor = move(kept);
            madeAt = Instant.now();
        }
        return known;
    }

    private static String move(CutoverStore.Kept kept) {
        return kept.source() + " since " + kept.startedAt();
    }

    boolean isRunning() {
        return running != null;
    }

    void stop() {
        T known = running;
        running = null;
        if (known != null) {
            try {
                known.close();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
