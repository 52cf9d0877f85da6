package io.knowledgebase.ingest.cutover.qdrant;

import io.knowledgebase.schemas.problem.Problem;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads a collection over Qdrant's REST API (https://api.qdrant.tech). What may be over soon is tried again for a while;
 * what the one who named the source has to mend is a {@link Problem} about the field. For several threads.
 */
public final class QdrantClient {

    /** How long is waited, and how often it is tried. */
    public record Patience(Duration answer, Duration firstPause, int tries) {

        /** For work that nobody waits for. */
        public static final Patience LONG = new Patience(Duration.ofSeconds(60), Duration.ofMillis(250), 7);
        /** For a request that somebody waits for. */
        public static final Patience SHORT = new Patience(Duration.ofSeconds(10), Duration.ofMillis(250), 3);
    }

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int SAID_CHARACTERS = 200;
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    static final long ANSWER_BYTES = 32L * 1024 * 1024;

    private final HttpClient http;
    private final QdrantSource source;
    private final Patience patience;
    private final long answerBytes;
    private final String address;

    public QdrantClient(HttpClient http, QdrantSource source, Patience patience) {
        this(http, source, patience, ANSWER_BYTES);
    }

    QdrantClient(HttpClient http, QdrantSource source, Patience patience, long answerBytes) {
        this.http = http;
        this.source = source;
        this.patience = patience;
        this.answerBytes = answerBytes;
        String base = source.url().toString();
        this.address = base.replaceAll("/+$", "") + "/collections/"
                + URLEncoder.encode(source.collection(), StandardCharsets.UTF_8).replace("+", "%20");
    }

    /**
     * What the collection is.
     *
     * @throws Problem if there is no Qdrant, no such collection or no such vector, or the key is wrong
     */
    public QdrantCollection collection() throws InterruptedException {
        JsonNode result;
        try {
            result = ask("", null);
        } catch (QdrantAwayException e) {
            throw Problem.unprocessable("qdrant.url", e.getMessage() + ".");
        }
        TreeMap<String, Integer> vectors = new TreeMap<>();
        JsonNode described = result.at("/config/params/vectors");
        if (described.path("size").isNumber()) {
            vectors.put("", described.path("size").intValue());
        } else {
            described
                    .properties()
                    .forEach(vector -> vectors.put(
                            vector.getKey(), vector.getValue().path("size").asInt(0)));
        }
        if (source.vector() != null && !vectors.containsKey(source.vector())) {
            throw Problem.unprocessable(
                    "qdrant.vector",
                    "The collection has no vector " + source.vector() + ", but " + vectors.keySet() + ".");
        }
        return new QdrantCollection(
                result.path("status").asString(""), result.path("points_count").asLong(0), vectors);
    }

    /** How many points there are now. */
    public long count() throws InterruptedException {
        return ask("/points/count", JSON.createObjectNode().put("exact", true))
                .path("count")
                .asLong(0);
    }

    /**
     * A page of points; a shorter one if what they hold is too much for one answer.
     *
     * @param from the first one; null for the first of all
     * @param withVector whether the source's vector is wanted
     * @throws QdrantAwayException if it does not answer
     */
    public QdrantPage scroll(@Nullable PointId from, int limit, boolean withVector) throws InterruptedException {
        for (int points = limit; ; points = points / 2) {
            try {
                return page(scroll(from, points, true, withVector), false);
            } catch (AnswerTooLongException e) {
                if (points == 1) {
                    return page(scroll(from, 1, false, false), true);
                }
            }
        }
    }

    private JsonNode scroll(@Nullable PointId from, int limit, boolean withPayload, boolean withVector)
            throws InterruptedException {
        ObjectNode wish = JSON.createObjectNode()
                .put("limit", limit)
                .put("with_payload", withPayload)
                .put("with_vector", withVector);
        if (withVector && source.vector() != null) {
            wish.putArray("with_vector").add(source.vector());
        }
        if (from != null) {
            wish.set("offset", JSON.readTree(from.json()));
        }
        return ask("/points/scroll", wish);
    }

    private QdrantPage page(JsonNode result, boolean tooLarge) {
        List<QdrantPoint> points = new ArrayList<>();
        for (JsonNode point : result.path("points")) {
            JsonNode payload = point.path("payload");
            points.add(new QdrantPoint(
                    PointId.of(point.path("id")),
                    payload.isMissingNode() || payload.isNull() ? null : payload,
                    vector(point.path("vector")),
                    tooLarge));
        }
        JsonNode next = result.path("next_page_offset");
        return new QdrantPage(List.copyOf(points), next.isMissingNode() || next.isNull() ? null : PointId.of(next));
    }

    private float @Nullable [] vector(JsonNode given) {
        JsonNode numbers = source.vector() == null ? given : given.path(source.vector());
        if (!numbers.isArray()) {
            return null;
        }
        float[] vector = new float[numbers.size()];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = numbers.path(i).floatValue();
        }
        return vector;
    }

    /** The result of a request that reads. */
    private JsonNode ask(String call, @Nullable ObjectNode body) throws InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address + call))
                .timeout(patience.answer())
                .header("Accept", "application/json");
        if (source.apiKey() != null) {
            request.header("api-key", source.apiKey());
        }
        if (body != null) {
            request.header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body.toString()));
        }
        HttpRequest ready = request.build();
        Duration pause = patience.firstPause();
        for (int tried = 1; ; tried++) {
            Duration wait = pause;
            try {
                HttpResponse<byte[]> answer = exchange(ready);
                if (!isTransient(answer.statusCode())) {
                    return result(answer);
                }
                if (tried >= patience.tries()) {
                    throw new QdrantAwayException("Qdrant answered " + answer.statusCode() + said(answer.body()), null);
                }
                wait = longer(
                        pause, answer.headers().firstValueAsLong("Retry-After").orElse(0));
            } catch (IOException e) {
                if (tried >= patience.tries()) {
                    throw new QdrantAwayException("Qdrant does not answer at " + where(), e);
                }
            }
            TimeUnit.MILLISECONDS.sleep(
                    wait.toMillis() + ThreadLocalRandom.current().nextLong(pause.toMillis() + 1));
            pause = atMost(pause.multipliedBy(2));
        }
    }

    private static Duration longer(Duration pause, long seconds) {
        return atMost(seconds <= 0 || seconds < pause.toSeconds() ? pause : Duration.ofSeconds(seconds));
    }

    private static Duration atMost(Duration pause) {
        return pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
    }

    private static boolean isTransient(int status) {
        return status == 429 || status >= 500;
    }

    /** With its body within the time, which a request's own timeout does not see to. */
    private HttpResponse<byte[]> exchange(HttpRequest request) throws IOException, InterruptedException {
        CompletableFuture<HttpResponse<byte[]>> answer = http.sendAsync(request, head -> new LimitedBody(answerBytes));
        try {
            return answer.get(patience.answer().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
                if (cause instanceof LimitedBody.TooLongException) {
                    throw new AnswerTooLongException();
                }
            }
            throw new IOException("no answer", e.getCause());
        } catch (TimeoutException e) {
            throw new IOException("no answer in time", e);
        } finally {
            answer.cancel(true);
        }
    }

    private JsonNode result(HttpResponse<byte[]> answer) {
        switch (answer.statusCode()) {
            case 200 -> {
                JsonNode result = read(answer.body()).path("result");
                if (!result.isObject()) {
                    throw Problem.unprocessable("qdrant.url", "What answers at " + where() + " is not Qdrant.");
                }
                return result;
            }
            case 401, 403 ->
                throw Problem.unprocessable(
                        "qdrant.apiKey",
                        source.apiKey() == null
                                ? "Qdrant asks for an API key."
                                : "Qdrant does not accept the API key.");
            case 404 -> {
                if (read(answer.body()).at("/status/error").isMissingNode()) {
                    throw Problem.unprocessable("qdrant.url", "What answers at " + where() + " is not Qdrant.");
                }
                throw Problem.unprocessable(
                        "qdrant.collection", "Qdrant has no collection " + source.collection() + ".");
            }
            default ->
                throw Problem.unprocessable(
                        "qdrant.url", "Qdrant answered " + answer.statusCode() + said(answer.body()) + ".");
        }
    }

    private static JsonNode read(byte[] body) {
        try {
            return JSON.readTree(body);
        } catch (JacksonException e) {
            return JSON.missingNode();
        }
    }

    /** Qdrant's own words, which name settings, never payloads. */
    private static String said(byte[] body) {
        String words = read(body).at("/status/error").asString("").replaceAll("\\s+", " ");
        return words.isBlank() ? "" : " (" + words.substring(0, Math.min(words.length(), SAID_CHARACTERS)) + ")";
    }

    private String where() {
        return source.url().getAuthority();
    }

    /** The points of a page are too much for one answer. */
    private static final class AnswerTooLongException extends RuntimeException {

        private static final long serialVersionUID = 1;
    }
}
