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
        Turn first = two.take(user("eve"));
        Turn second = two.take(user("eve"));
        List<Future<?>> waiting = List.of(
                wait(two, user("eve")),
                wait(two, user("eve")),
                wait(two, user("anna")),
                wait(two, user("bert")),
                wait(two, user("anna")));

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
        Turn turn = turns.take(user("anna"));
        turn.close();
        turn.close();

        assertThat(turns.tryTake(user("anna"))).isPresent();
        assertThat(turns.tryTake(user("bert"))).isEmpty();
    }

    @Test
    void whoIsInterruptedWhileWaitingTakesNothing() throws Exception {
        Turn held = turns.take(user("anna"));
        Thread[] waiter = new Thread[1];
        Future<?> waiting = threads.submit(() -> {
            waiter[0] = Thread.currentThread();
            return turns.take(user("bert"));
        });
        await().until(() -> waiter[0] != null && waiter[0].getState() == Thread.State.WAITING);

        waiter[0].interrupt();

        assertThatThrownBy(waiting::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(InterruptedException.class);
        held.close();
        assertThat(turns.tryTake(user("carl"))).isPresent();
    }

    @Test
    void backgroundGivesWayAndNeverHasAll() throws Exception {
        Turns three = new Turns(3);
        Claimant replay = new Claimant("eve", true);
        Turn first = three.take(replay);
        Turn second = three.take(replay);

        assertThat(three.tryTake(replay)).as("the last one is kept free").isEmpty();
        Turn third = three.take(user("anna"));
        List<Future<?>> waiting = List.of(wait(three, replay), wait(three, user("anna")));
        first.close();
        for (Future<?> one : waiting) {
            one.get(10, TimeUnit.SECONDS);
        }
        assertThat(order).containsExactly("anna", "eve");
        second.close();
        third.close();
    }

    @Test
    void singleTurnIsAlsoTheBackgrounds() throws Exception {
        assertThat(turns.tryTake(new Claimant("eve", true))).isPresent();
    }

    private static Claimant user(String user) {
        return new Claimant(user, false);
    }

    /** Waits, notes the user, and gives the turn back; returns once it waits. */
    private Future<?> wait(Turns from, Claimant claimant) {
        Thread[] waiter = new Thread[1];
        Future<?> waiting = threads.submit(() -> {
            waiter[0] = Thread.currentThread();
            try (Turn turn = from.take(claimant)) {
                order.add(claimant.user());
            }
            return null;
        });
        await().until(() -> waiter[0] != null && waiter[0].getState() == Thread.State.WAITING);
        return waiting;
    }
}
