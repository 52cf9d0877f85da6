package io.knowledgebase.ingest.notion.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestBudgetTest {

    private static final long MINUTE = Duration.ofMinutes(1).toNanos();

    @ParameterizedTest
    @ValueSource(ints = {2, 10, 180, 600})
    void noMinuteHoldsMoreThanTheLimitAndEagerOnesGetMany(int limit) {
        AtomicLong now = new AtomicLong();
        RequestBudget budget = RequestBudget.perMinute(limit, clock(now));
        Random random = new Random(limit);
        List<Long> taken = new ArrayList<>();

        while (now.get() < 10 * MINUTE) {
            if (budget.tryTake()) {
                taken.add(now.get());
            } else {
                // Now and then somebody has nothing to ask for a while.
                now.addAndGet(random.nextInt(30_000) == 0 ? MINUTE / 2 : MINUTE / 10_000);
            }
        }

        for (int i = limit; i < taken.size(); i++) {
            assertThat(taken.get(i) - taken.get(i - limit)).isGreaterThanOrEqualTo(MINUTE);
        }
        assertThat(taken.size()).isGreaterThanOrEqualTo(limit * 4);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 180})
    void processThatStartsAddsNothingToWhatTheOneBeforeHasUsed(int limit) {
        AtomicLong now = new AtomicLong();
        assertThat(RequestBudget.perMinute(limit, clock(now)).tryTake()).isFalse();
    }

    private static TimeMeter clock(AtomicLong now) {
        return new TimeMeter() {
            @Override
            public long currentTimeNanos() {
                return now.get();
            }

            @Override
            public boolean isWallClockBased() {
                return false;
            }
        };
    }
}
