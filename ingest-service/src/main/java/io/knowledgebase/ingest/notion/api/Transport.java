package io.knowledgebase.ingest.notion.api;

import io.knowledgebase.ingest.notion.api.NotionException.Kind;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Sends requests within a budget, waits when Notion asks for it, repeats what may be repeated. */
final class Transport {

    private static final int SAID_CHARACTERS = 200;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int OVERLOADED = 529;
    private static final int ANSWER_BYTES = 32 * 1024 * 1024;
    private static final int TRIES = 3;
    static final int BUSY_TRIES = 10;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_SAID = Duration.ofHours(1);
    private static final Duration UNSAID_PAUSE = Duration.ofSeconds(5);
    /** Who is to wait longer gives the thread back. */
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final HttpClient http;
    private final RequestBudget budget;
    private final Consumer<Duration> pauses;
    private final int busyTries;
    private final Deadlines deadlines;
    private final MeterRegistry meters;

    Transport(
            HttpClient http,
            RequestBudget budget,
            Consumer<Duration> pauses,
            int busyTries,
            Deadlines deadlines,
            MeterRegistry meters) {
        this.http = http;
        this.budget = budget;
        this.pauses = pauses;
        this.busyTries = busyTries;
        this.deadlines = deadlines;
        this.meters = meters;
    }

    /**
     * The answer to a request that succeeded.
     *
     * @throws NotionException if it did not
     */
    JsonNode send(HttpRequest request) {
        int failed = 0;
        int refused = 0;
        while (true) {
            Answer answer = exchange(request);
            if (answer.status == TOO_MANY_REQUESTS || answer.status == OVERLOADED) {
                Duration pause = answer.retryAfter == null ? UNSAID_PAUSE : answer.retryAfter;
                if (++refused >= busyTries || pause.compareTo(LONGEST_PAUSE) > 0) {
                    throw NotionException.busy("Notion answered " + answer.status, pause);
                }
                pauses.accept(pause);
                // Jitter only adds: earlier than Notion said would be refused again.
                sleep(pause.plus(jitter(FIRST_PAUSE)));
            } else if (answer.status / 100 == 2) {
                return answer.json(request);
            } else if (answer.isTransient() && "GET".equals(request.method()) && ++failed < TRIES) {
                Duration pause = FIRST_PAUSE.multipliedBy(1L << (failed - 1));
                sleep(pause.plus(jitter(pause)));
            } else {
                throw answer.failure();
            }
        }
    }

    private Answer exchange(HttpRequest request) {
        Answer answer;
        try {
            budget.take();
            HttpResponse<InputStream> response = http.send(request, BodyHandlers.ofInputStream());
            try (InputStream body = deadlines.guard(response.body())) {
                byte[] bytes = body.readNBytes(ANSWER_BYTES + 1);
                answer = bytes.length > ANSWER_BYTES
                        ? new Answer(
                                0,
                                new byte[0],
                                null,
                                NotionException.of(Kind.REJECTED, "an answer of Notion is too long"))
                        : new Answer(response.statusCode(), bytes, retryAfter(response), null);
            }
        } catch (IOException e) {
            answer = new Answer(
                    0, new byte[0], null, NotionException.away("Notion does not answer: " + reason(request, e), e));
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        meters.counter("kb.notion.requests", "status", answer.status == 0 ? "none" : Integer.toString(answer.status))
                .increment();
        return answer;
    }

    private static String reason(HttpRequest request, IOException e) {
        String where = request.uri().getAuthority();
        return e instanceof HttpTimeoutException
                ? "no answer from " + where + " in time"
                : e instanceof ConnectException ? "no connection to " + where : where + " broke off";
    }

    /** Seconds, or a date. */
    private static @Nullable Duration retryAfter(HttpResponse<?> response) {
        String value = response.headers().firstValue("Retry-After").orElse("").strip();
        if (value.isEmpty()) {
            return null;
        }
        try {
            if (value.chars().allMatch(c -> (c >= '0' && c <= '9') || c == '.')) {
                return atMost(Duration.ofMillis((long) Math.ceil(Double.parseDouble(value) * 1000)));
            }
            Instant then = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            Duration wait = Duration.between(Instant.now(), then);
            return wait.isNegative() ? Duration.ZERO : atMost(wait);
        } catch (NumberFormatException | DateTimeException e) {
            return null;
        }
    }

    private static Duration atMost(Duration said) {
        return said.compareTo(LONGEST_SAID) > 0 ? LONGEST_SAID : said;
    }

    private static Duration jitter(Duration most) {
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(most.toMillis() + 1));
    }

    private static void sleep(Duration pause) {
        try {
            TimeUnit.MILLISECONDS.sleep(pause.toMillis());
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static NotionException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return NotionException.away("interrupted", e);
    }

    /**
     * What came back.
     *
     * @param status 0 if nothing did that can be read
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    private record Answer(
            int status,
            byte[] body,
            @Nullable Duration retryAfter,
            @Nullable NotionException unread) {

        boolean isTransient() {
            return unread == null ? status >= 500 : unread.kind() == Kind.AWAY;
        }

        JsonNode json(HttpRequest request) {
            try {
                return JsonMapper.shared().readTree(body);
            } catch (JacksonException e) {
                throw NotionException.away("Notion's answer to " + request.uri().getPath() + " is not JSON", null);
            }
        }

        /** Notion's own words, which name ids and settings. */
        private String said() {
            try {
                JsonNode error = JsonMapper.shared().readTree(body);
                String words = error.path("message")
                        .asString("")
                        .replaceAll("\\s+", " ")
                        .strip();
                return " (" + error.path("code").asString("")
                        + (words.isEmpty() ? "" : ": " + words.substring(0, Math.min(words.length(), SAID_CHARACTERS)))
                        + ")";
            } catch (JacksonException e) {
                return "";
            }
        }

        NotionException failure() {
            if (unread != null) {
                return unread;
            }
            String message = "Notion answered " + status + said();
            Kind kind = switch (status) {
                case 401 -> Kind.UNAUTHORIZED;
                case 403 -> Kind.FORBIDDEN;
                case 404 -> Kind.NOT_FOUND;
                case 409 -> Kind.AWAY; // somebody else is writing
                default -> status >= 500 ? Kind.AWAY : Kind.REJECTED;
            };
            return NotionException.of(kind, message);
        }
    }
}
