package io.knowledgebase.ingest.notion.api;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Ends bodies that stall: a request's timeout ends with the headers of its answer. */
final class Deadlines {

    private static final ScheduledExecutorService CLOCK = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "notion-deadlines");
        thread.setDaemon(true);
        return thread;
    });

    private final Duration timeout;

    Deadlines(Duration timeout) {
        this.timeout = timeout;
    }

    /** The same body, of which reading fails once the time is over. */
    InputStream guard(InputStream body) {
        Future<?> end = CLOCK.schedule(
                () -> {
                    body.close();
                    return body;
                },
                timeout.toMillis(),
                TimeUnit.MILLISECONDS);
        return new FilterInputStream(body) {
            @Override
            public void close() throws IOException {
                end.cancel(false);
                super.close();
            }
        };
    }
}
