package io.knowledgebase.ingest.notion.api;

import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;

/**
 * The requests that a connection may make: no 60 seconds hold more than the limit. A bucket of {@code burst} tokens that
 * gains {@code limit - burst} a minute lets just {@code limit} through in any minute. It begins empty, because nobody
 * knows what a process before this one has used. For several threads.
 */
public final class RequestBudget {

    private static final Duration WINDOW = Duration.ofMinutes(1);
    private static final int BURST_PART = 10;

    private final Bucket bucket;

    private RequestBudget(Bucket bucket) {
        this.bucket = bucket;
    }

    /** So many requests in any minute, at least two. */
    public static RequestBudget perMinute(int requests) {
        return perMinute(requests, TimeMeter.SYSTEM_MILLISECONDS);
    }

    static RequestBudget perMinute(int requests, TimeMeter clock) {
        int burst = Math.max(1, requests / BURST_PART);
        return new RequestBudget(Bucket.builder()
                .withCustomTimePrecision(clock)
                .addLimit(Bandwidth.builder()
                        .capacity(burst)
                        .refillGreedy(requests - burst, WINDOW)
                        .initialTokens(0)
                        .build())
                .build());
    }

    /** For the few requests that belong to no connection yet. */
    public static RequestBudget unlimited() {
        return new RequestBudget(Bucket.builder()
                .addLimit(Bandwidth.builder()
                        .capacity(Integer.MAX_VALUE)
                        .refillGreedy(Integer.MAX_VALUE, WINDOW)
                        .build())
                .build());
    }

    boolean tryTake() {
        return bucket.tryConsume(1);
    }

    /** Waits for the next request's turn. */
    void take() throws InterruptedException {
        bucket.asBlocking().consume(1);
    }
}
