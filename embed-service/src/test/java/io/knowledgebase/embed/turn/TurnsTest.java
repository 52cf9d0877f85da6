package io.knowledgebase.embed.turn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.embed.turn.Turns.Turn;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TurnsTest {

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Turns turns = new Turns(1);
    private final List<String> order = new CopyOnWriteArrayList<>();

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    @Test
    void whoHasNoTurnGoesBeforeWhoHasOneAndThoseWithAsManyGoInTurn() throws Exception {
        Turns two = new Turns(2);
        Turn first = two.take("eve");
        Turn second = two.take("eve");
        List<Future<?>> waiting =
                List.of(wait(two, "eve"), wait(two, "eve"), wait(two, "anna"), wait(two, "bert"), wait(two, "anna"));

        first.close();

        for (Future<?> one : waiting) {
            one.get(10, TimeUnit.SECONDS);
        }
        second.close();
        assertThat(order.subList(0, 2)).containsExactly("anna", "bert");
        assertThat(order).hasSize(5);
    }

    @Test
    void turnThatIsClosedTwiceIsGivenBackOnce() throws Exception {
        Turn turn = turns.take("anna");
        turn.close();
        turn.close();

        assertThat(turns.tryTake("anna")).isPresent();
        assertThat(turns.tryTake("bert")).isEmpty();
    }

    @Test
    void whoIsInterruptedWhileWaitingTakesNothing() throws Exception {
        Turn held = turns.take("anna");
        Thread[] waiter = new Thread[1];
        Future<?> waiting = threads.submit(() -> {
            waiter[0] = Thread.currentThread();
            return turns.take("bert");
        });
        await().until(() -> waiter[0] != null && waiter[0].getState() == Thread.State.WAITING);

        waiter[0].interrupt();

        assertThatThrownBy(waiting::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(InterruptedException.class);
        held.close();
        assertThat(turns.tryTake("carl")).isPresent();
    }

    /** Waits, notes the user, and gives the turn back; returns once it waits. */
    private Future<?> wait(Turns from, String user) {
        Thread[] waiter = new Thread[1];
        Future<?> waiting = threads.submit(() -> {
            waiter[0] = Thread.currentThread();
            try (Turn turn = from.take(user)) {
                order.add(user);
            }
            return null;
        });
        await().until(() -> waiter[0] != null && waiter[0].getState() == Thread.State.WAITING);
        return waiting;
    }
}
