package io.knowledgebase.local.standin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/** Serves a collection as Qdrant does: what it is, its points page by page in the order of their ids, their number. */
public final class QdrantStandIn implements AutoCloseable {

    /** What may be wrong with Qdrant. */
    public enum Trouble {
        NONE,
        /** Nobody listens. */
        REFUSED,
        /** Status 429 with a time to wait. */
        BUSY,
        /** Status 503, as a proxy in front of it gives it. */
        AWAY,
        /** Status 500 with a panic. */
        BROKEN,
        /** No answer until the trouble is over. */
        SILENT
    }

    /** The name of the vector of a collection whose vector has none. */
    public static final String UNNAMED = "";

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int PAGE_SIZE = 10;

    private final String collection;
    private final Map<String, Integer> vectors;
    private final InetSocketAddress address;
    private final TreeMap<Id, Point> points = new TreeMap<>();
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "qdrant-stand-in");
        thread.setDaemon(true);
        return thread;
    });
    private HttpServer server;
    private @Nullable String apiKey;
    private volatile Trouble trouble = Trouble.NONE;
    private int requests;
    private int scrolls;
    private int scrollsUntilTrouble = -1;
    private Trouble nextTrouble = Trouble.NONE;

    private QdrantStandIn(String collection, Map<String, Integer> vectors, int port) throws IOException {
        this.collection = collection;
        this.vectors = Map.copyOf(vectors);
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        this.address = server.getAddress();
        listen();
    }

    /**
     * Serves an empty collection on loopback.
     *
     * @param vectors dimension of each vector by its name; {@link #UNNAMED} alone for one without a name
     * @param port 0 for any
     */
    public static QdrantStandIn start(String collection, Map<String, Integer> vectors, int port) {
        try {
            return new QdrantStandIn(collection, vectors, port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The legacy application's collection: {@code knowledgebase} with one vector of 384 dimensions. */
    public static QdrantStandIn start(int port) {
        return start("knowledgebase", Map.of(UNNAMED, 384), port);
    }

    private void listen() {
        server.createContext("/", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    /** Where the API is. */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + address.getPort());
    }

    public String collection() {
        return collection;
    }

    /** Asks for a key from now on, or for none if it is null. */
    public synchronized void requireKey(@Nullable String key) {
        apiKey = key;
    }

    /**
     * Adds or replaces a point without a vector.
     *
     * @param id a UUID, or a whole number of up to 64 bits without a sign
     * @param payload a JSON object, or null for none
     */
    public void put(String id, @Nullable JsonNode payload) {
        put(id, payload, Map.of());
    }

    /** Adds or replaces a point. */
    public synchronized void put(String id, @Nullable JsonNode payload, Map<String, float[]> vector) {
        Point point = new Point(payload, Map.copyOf(vector));
        points.put(Id.of(id), point);
    }

    /** Takes a point out; a repeat does nothing. */
    public synchronized void remove(String id) {
        points.remove(Id.of(id));
    }

    public synchronized void clear() {
        points.clear();
    }

    /** The ids of all points, in Qdrant's order: numbers first. */
    public synchronized Set<String> ids() {
        Set<String> ids = new LinkedHashSet<>();
        points.keySet().forEach(id -> ids.add(id.text()));
        return ids;
    }

    /** How many requests have come, whatever was answered. */
    public synchronized int requests() {
        return requests;
    }

    /** How many pages of points were served. */
    public synchronized int scrolls() {
        return scrolls;
    }

    public synchronized void trouble(Trouble now) {
        scrollsUntilTrouble = -1;
        begin(now);
    }

    /** Trouble that begins once so many more pages of points were served. */
    public synchronized void troubleAfter(int pages, Trouble then) {
        nextTrouble = then;
        scrollsUntilTrouble = pages;
    }

    private synchronized void begin(Trouble now) {
        try {
            if (now == Trouble.REFUSED && trouble != Trouble.REFUSED) {
                server.stop(0);
            } else if (now != Trouble.REFUSED && trouble == Trouble.REFUSED) {
                server = HttpServer.create(address, 0);
                listen();
            }
            trouble = now;
            notifyAll();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] sent;
            try (InputStream in = exchange.getRequestBody()) {
                sent = in.readAllBytes();
            }
            Reply reply = reply(exchange, sent);
            byte[] body = reply.body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", reply.json ? "application/json" : "text/plain");
            if (reply.retryAfterSeconds > 0) {
                exchange.getResponseHeaders().set("Retry-After", Integer.toString(reply.retryAfterSeconds));
            }
            exchange.sendResponseHeaders(reply.status, body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized Reply reply(HttpExchange exchange, byte[] sent) throws InterruptedException {
        String[] path = exchange.getRequestURI().getRawPath().split("/", -1);
        boolean scroll = path[path.length - 1].equals("scroll");
        requests++;
        if (scroll && scrollsUntilTrouble >= 0 && scrollsUntilTrouble-- == 0) {
            begin(nextTrouble);
        }
        switch (trouble) {
            case SILENT -> {
                while (trouble == Trouble.SILENT) {
                    wait();
                }
            }
            case BUSY -> {
                return new Reply(429, "Too many requests", false, 1);
            }
            case AWAY -> {
                return new Reply(503, "upstream connect error", false, 0);
            }
            case BROKEN -> {
                return error(500, "Service internal error: task panicked");
            }
            case NONE, REFUSED -> {}
        }
        Reply refusal = refusal(exchange);
        if (refusal != null) {
            return refusal;
        }
        if (path.length < 3 || !path[1].equals("collections")) {
            return new Reply(404, "", false, 0);
        }
        String wanted = URLDecoder.decode(path[2], StandardCharsets.UTF_8);
        if (!wanted.equals(collection)) {
            return error(404, "Not found: Collection `" + wanted + "` doesn't exist!");
        }
        String call =
                exchange.getRequestMethod() + String.join("/", List.of(path).subList(3, path.length));
        try {
            return switch (call) {
                case "GET" -> ok(info());
                case "POSTpoints/scroll" -> scroll(JSON.readTree(sent));
                case "POSTpoints/count" -> ok(JSON.createObjectNode().put("count", points.size()));
                default -> new Reply(404, "", false, 0);
            };
        } catch (JacksonException e) {
            return error(400, "Format error in JSON body: expected value at line 1 column 1");
        }
    }

    private @Nullable Reply refusal(HttpExchange exchange) {
        if (apiKey == null) {
            return null;
        }
        String key = exchange.getRequestHeaders().getFirst("api-key");
        String bearer = exchange.getRequestHeaders().getFirst("Authorization");
        if (key == null && bearer == null) {
            return new Reply(401, "Must provide an API key or an Authorization bearer token", false, 0);
        }
        return apiKey.equals(key) || ("Bearer " + apiKey).equals(bearer)
                ? null
                : new Reply(401, "Invalid API key or JWT", false, 0);
    }

    private ObjectNode info() {
        ObjectNode info = JSON.createObjectNode()
                .put("status", "green")
                .put("optimizer_status", "ok")
                .put("indexed_vectors_count", 0)
                .put("points_count", points.size())
                .put("segments_count", 1);
        ObjectNode params = info.putObject("config").putObject("params");
        ObjectNode described = params.putObject("vectors");
        vectors.forEach((name, size) -> {
            ObjectNode vector = name.isEmpty() ? described : described.putObject(name);
            vector.put("size", size).put("distance", "Cosine");
        });
        params.put("shard_number", 1)
                .put("replication_factor", 1)
                .put("write_consistency_factor", 1)
                .put("on_disk_payload", true);
        info.putObject("payload_schema");
        return info;
    }

    private Reply scroll(JsonNode wish) {
        JsonNode wanted = wish.path("limit");
        if (wanted.isNumber()
                && (!wanted.isIntegralNumber() || wanted.bigIntegerValue().signum() < 0)) {
            return error(400, "Format error in JSON body: invalid value: integer `" + wanted + "`, expected usize");
        }
        int limit = wanted.isNumber() ? wanted.intValue() : PAGE_SIZE;
        if (limit == 0) {
            return error(422, "Validation error in JSON body: [limit: value 0 invalid, must be 1 or larger]");
        }
        Map<Id, Point> rest = points;
        JsonNode offset = wish.path("offset");
        if (!offset.isMissingNode() && !offset.isNull()) {
            Id from = Id.of(offset);
            if (from == null) {
                return error(
                        400,
                        "Format error in JSON body: value " + offset.asString()
                                + " is not a valid point ID, valid values are either an unsigned integer or a UUID");
            }
            rest = points.tailMap(from, true);
        }
        ObjectNode result = JSON.createObjectNode();
        ArrayNode page = result.putArray("points");
        for (Map.Entry<Id, Point> point : rest.entrySet()) {
            if (page.size() == limit) {
                result.set("next_page_offset", point.getKey().json());
                break;
            }
            page.add(view(point.getKey(), point.getValue(), wish));
        }
        if (!result.has("next_page_offset")) {
            result.putNull("next_page_offset");
        }
        scrolls++;
        return ok(result);
    }

    private ObjectNode view(Id id, Point point, JsonNode wish) {
        ObjectNode view = JSON.createObjectNode();
        view.set("id", id.json());
        JsonNode payload = wish.path("with_payload");
        if (!payload.isBoolean() || payload.booleanValue()) { // it is there unless it is not wanted
            view.set("payload", point.payload == null ? NullNode.getInstance() : point.payload.deepCopy());
        }
        JsonNode vector = wish.has("with_vectors") ? wish.path("with_vectors") : wish.path("with_vector");
        if (vector.isArray() || vector.asBoolean(false)) {
            view.set("vector", vector(point, vector));
        }
        return view;
    }

    private static JsonNode vector(Point point, JsonNode wish) {
        float[] unnamed = point.vectors.get(UNNAMED);
        if (unnamed != null) {
            return numbers(unnamed);
        }
        ObjectNode named = JSON.createObjectNode();
        point.vectors.forEach((name, values) -> {
            boolean wanted = !wish.isArray()
                    || wish.valueStream().anyMatch(each -> each.asString("").equals(name));
            if (wanted) {
                named.set(name, numbers(values));
            }
        });
        return named;
    }

    private static ArrayNode numbers(float[] values) {
        ArrayNode numbers = JSON.createArrayNode();
        for (float value : values) {
            numbers.add(value);
        }
        return numbers;
    }

    private static Reply ok(ObjectNode result) {
        ObjectNode body = JSON.createObjectNode();
        body.set("result", result);
        return new Reply(200, body.put("status", "ok").put("time", 0.000123).toString(), true, 0);
    }

    private static Reply error(int status, String message) {
        ObjectNode body = JSON.createObjectNode();
        body.putObject("status").put("error", message);
        return new Reply(status, body.put("time", 0.000012).toString(), true, 0);
    }

    @Override
    public void close() {
        trouble(Trouble.NONE);
        server.stop(0);
        threads.shutdownNow();
    }

    private record Reply(int status, String body, boolean json, int retryAfterSeconds) {}

    private record Point(@Nullable JsonNode payload, Map<String, float[]> vectors) {}

    /**
     * A number or a UUID; numbers come first.
     *
     * @param uuid null if it is a number
     */
    private record Id(long number, @Nullable UUID uuid) implements Comparable<Id> {

        private static final BigInteger LARGEST = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

        static Id of(String id) {
            return id.chars().allMatch(Character::isDigit)
                    ? new Id(Long.parseUnsignedLong(id), null)
                    : new Id(0, UUID.fromString(id));
        }

        /** Null if it is none. */
        static @Nullable Id of(JsonNode id) {
            if (id.isIntegralNumber()) {
                BigInteger number = id.bigIntegerValue();
                return number.signum() < 0 || number.compareTo(LARGEST) > 0 ? null : new Id(number.longValue(), null);
            }
            try {
                return id.isString() ? new Id(0, UUID.fromString(id.stringValue())) : null;
            } catch (IllegalArgumentException e) {
                return null;
            }
        }

        String text() {
            return uuid == null ? Long.toUnsignedString(number) : uuid.toString();
        }

        JsonNode json() {
            return uuid == null
                    ? JSON.getNodeFactory().numberNode(new BigInteger(Long.toUnsignedString(number)))
                    : JSON.getNodeFactory().stringNode(uuid.toString());
        }

        @Override
        public int compareTo(Id other) {
            if (uuid == null && other.uuid == null) {
                return Long.compareUnsigned(number, other.number);
            }
            if (uuid == null || other.uuid == null) {
                return uuid == null ? -1 : 1;
            }
            int high = Long.compareUnsigned(uuid.getMostSignificantBits(), other.uuid.getMostSignificantBits());
            return high != 0
                    ? high
                    : Long.compareUnsigned(uuid.getLeastSignificantBits(), other.uuid.getLeastSignificantBits());
        }
    }
}
