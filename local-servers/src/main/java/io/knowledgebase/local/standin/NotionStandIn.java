package io.knowledgebase.local.standin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Serves a workspace as Notion does. */
public final class NotionStandIn implements AutoCloseable {

    /** What may be wrong with Notion. */
    public enum Trouble {
        NONE,
        /** Nobody listens. */
        REFUSED,
        /** Status 500. */
        BROKEN,
        /** Status 529 with a time to wait. */
        OVERLOADED,
        /** Status 403 for a search, and for that alone. */
        UNSEARCHABLE
    }

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Set<String> VERSIONS = Set.of("2022-06-28", "2025-09-03", "2026-03-11");
    private static final int PAGE_SIZE = 100;
    private static final int QUERY_ROWS = 10_000;

    private final Workspace workspace;
    private final int requests;
    private final Duration window;
    private final InetSocketAddress address;
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "notion-stand-in");
        thread.setDaemon(true);
        return thread;
    });
    private final Deque<Instant> served = new ArrayDeque<>();
    private final Map<String, Integer> calls = new HashMap<>();
    private HttpServer server;
    private volatile String token = newToken();
    private volatile Trouble trouble = Trouble.NONE;
    private int mostInAMinute;
    private int refused;

    private NotionStandIn(Workspace workspace, int requests, Duration window, int port) throws IOException {
        this.workspace = workspace;
        this.requests = requests;
        this.window = window;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        this.address = server.getAddress();
        listen();
    }

    /**
     * Serves a workspace on loopback.
     *
     * @param port 0 for any
     */
    public static NotionStandIn start(Workspace workspace, int requestsPerMinute, int port) {
        return start(workspace, requestsPerMinute, Duration.ofMinutes(1), port);
    }

    /** With a limit for another time than a minute. */
    public static NotionStandIn start(Workspace workspace, int requests, Duration window, int port) {
        try {
            return new NotionStandIn(workspace, requests, window, port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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

    /** The only token that is valid. */
    public String token() {
        return token;
    }

    /** Makes the token invalid and another one valid. */
    public void revoke() {
        token = newToken();
    }

    private static String newToken() {
        return "ntn_" + UUID.randomUUID();
    }

    public synchronized void trouble(Trouble now) {
        try {
            if (now == Trouble.REFUSED && trouble != Trouble.REFUSED) {
                server.stop(0);
            } else if (now != Trouble.REFUSED && trouble == Trouble.REFUSED) {
                server = HttpServer.create(address, 0);
                listen();
            }
            trouble = now;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The most requests that were served within the time of the limit. */
    public synchronized int mostInAMinute() {
        return mostInAMinute;
    }

    /** How many requests were answered with 429. */
    public synchronized int refused() {
        return refused;
    }

    /** How often each kind of request was made, as in {@code GET /v1/pages}. */
    public synchronized Map<String, Integer> calls() {
        return new HashMap<>(calls);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Reply reply;
            try {
                reply = reply(exchange);
            } catch (JacksonException | IllegalArgumentException e) {
                reply = error(400, "validation_error", "The request is not valid.");
            }
            byte[] body = reply.body.isEmpty()
                    ? reply.file
                    : reply.body
                            .put("request_id", UUID.randomUUID().toString())
                            .toString()
                            .getBytes(StandardCharsets.UTF_8);
            if (reply.retryAfterSeconds > 0) {
                exchange.getResponseHeaders().set("Retry-After", Integer.toString(reply.retryAfterSeconds));
            }
            exchange.getResponseHeaders()
                    .set(
                            "Content-Type",
                            reply.body.isEmpty() ? "application/octet-stream" : "application/json; charset=utf-8");
            exchange.sendResponseHeaders(reply.status, body.length == 0 ? -1 : body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
    }

    private Reply reply(HttpExchange exchange) throws IOException {
        byte[] sent;
        try (InputStream in = exchange.getRequestBody()) {
            sent = in.readAllBytes();
        }
        String path = exchange.getRequestURI().getPath();
        String version = exchange.getRequestHeaders().getFirst("Notion-Version");
        String bearer = exchange.getRequestHeaders().getFirst("Authorization");
        if (trouble == Trouble.BROKEN) {
            return error(500, "internal_server_error", "Unexpected error occurred.");
        }
        if (trouble == Trouble.OVERLOADED) {
            return error(529, "service_overload", "Service overloaded.").after(1);
        }
        if (trouble == Trouble.UNSEARCHABLE && path.equals("/v1/search")) {
            return error(403, "restricted_resource", "Insufficient permissions for this endpoint.");
        }
        if (path.startsWith("/files/")) {
            byte[] file = workspace.file(UUID.fromString(path.substring("/files/".length(), path.lastIndexOf('/'))));
            return file == null
                    ? error(403, "expired", "Request has expired")
                    : new Reply(200, JSON.createObjectNode(), file, 0);
        }
        int wait = waitSeconds(exchange.getRequestMethod() + " " + path.replaceFirst("/[0-9a-f-]{36}", ""));
        if (wait > 0) {
            return error(429, "rate_limited", "You have been rate limited. Please try again in a few minutes.")
                    .after(wait);
        }
        if (path.equals("/v1/oauth/token")) {
            return oauth(bearer, JSON.readTree(sent));
        }
        if (!("Bearer " + token).equals(bearer)) {
            return error(401, "unauthorized", "API token is invalid.");
        }
        if (version == null || !VERSIONS.contains(version)) {
            return error(400, "missing_version", "Notion-Version header should be defined.");
        }
        Map<String, String> query = query(exchange.getRequestURI());
        JsonNode body = sent.length == 0 ? JSON.createObjectNode() : JSON.readTree(sent);
        synchronized (workspace) {
            return route(exchange.getRequestMethod(), path.split("/", -1), query, body, new Views(version));
        }
    }

    /** 0 if the request may be served now. */
    private synchronized int waitSeconds(String call) {
        calls.merge(call, 1, Integer::sum);
        Instant now = Instant.now();
        while (!served.isEmpty() && served.getFirst().isBefore(now.minus(window))) {
            served.removeFirst();
        }
        if (served.size() >= requests) {
            refused++;
            Duration wait = Duration.between(now, served.getFirst().plus(window));
            return (int) Math.max(1, wait.toSeconds() + 1);
        }
        served.addLast(now);
        mostInAMinute = Math.max(mostInAMinute, served.size());
        return 0;
    }

    private Reply route(String method, String[] path, Map<String, String> query, JsonNode body, Views views) {
        String what = path.length > 2 ? path[2] : "";
        String id = path.length > 3 ? path[3] : "";
        String part = path.length > 4 ? path[4] : "";
        return switch (method + " " + what + (part.isEmpty() ? "" : " " + part)) {
            case "GET users" -> "me".equals(id) ? me() : person();
            case "GET pages" -> found(page(id), views::page);
            case "GET pages properties" -> property(page(id), path.length > 5 ? path[5] : "", query);
            case "GET blocks" -> block(id, views);
            case "GET blocks children" -> children(id, query, views);
            case "GET databases" -> found(database(id), views::database);
            case "GET data_sources" ->
                views.hasDataSources()
                        ? found(workspace.findDataSource(UUID.fromString(id)), views::dataSource)
                        : notFound();
            case "POST data_sources query" ->
                views.hasDataSources() ? rows(workspace.findDataSource(UUID.fromString(id)), body, views) : notFound();
            case "POST databases query" -> views.hasDataSources() ? notFound() : rows(database(id), body, views);
            case "POST search" -> search(body, views);
            case "GET comments" -> comments(query);
            default -> error(400, "invalid_request_url", "Invalid request URL.");
        };
    }

    private Reply me() {
        ObjectNode me = JSON.createObjectNode()
                .put("object", "user")
                .put("id", UUID.nameUUIDFromBytes(new byte[] {1}).toString())
                .put("name", "stand-in")
                .put("type", "bot");
        ObjectNode bot = me.putObject("bot");
        bot.putObject("owner").put("type", "workspace").put("workspace", true);
        bot.put("workspace_name", "Stand-in").put("workspace_id", workspace.id().toString());
        return ok(me);
    }

    private static Reply person() {
        return ok(JSON.createObjectNode()
                .put("object", "user")
                .put("id", Views.PERSON.toString())
                .put("type", "person")
                .put("name", "Ada"));
    }

    /** The code that its consent page would give out. */
    public String code() {
        return "code-of-" + workspace.id();
    }

    private Reply oauth(@Nullable String login, JsonNode body) {
        String expected = Base64.getEncoder().encodeToString("client:secret".getBytes(StandardCharsets.UTF_8));
        if (!("Basic " + expected).equals(login)) {
            return error(401, "unauthorized", "invalid_client");
        }
        if (!code().equals(body.path("code").asString(""))
                || !"authorization_code".equals(body.path("grant_type").asString(""))) {
            return error(400, "invalid_grant", "invalid_grant");
        }
        return ok(JSON.createObjectNode()
                .put("access_token", token)
                .put("token_type", "bearer")
                .put("workspace_id", workspace.id().toString())
                .put("workspace_name", "Stand-in"));
    }

    private @Nullable Node page(String id) {
        Node node = workspace.find(UUID.fromString(id));
        return node == null || node.isDatabase() ? null : node;
    }

    private @Nullable Node database(String id) {
        Node node = workspace.find(UUID.fromString(id));
        return node == null || !node.isDatabase() ? null : node;
    }

    private static Reply found(@Nullable Node node, Function<Node, ObjectNode> view) {
        return node == null || !node.shared ? notFound() : ok(view.apply(node));
    }

    /** Files have another signed address in each answer. */
    private ObjectNode view(Views views, Block block, Node page) {
        ObjectNode view = views.block(block, page);
        if (block.value.path("type").asString("").equals("file")) {
            ObjectNode value = block.value.deepCopy();
            value.putObject("file")
                    .put(
                            "url",
                            uri() + "/files/" + block.id + "/"
                                    + block.value.path("name").asString("") + "?X-Amz-Signature=" + UUID.randomUUID())
                    .put("expiry_time", Instant.now().plusSeconds(3600).toString());
            view.set(block.type, value);
        }
        return view;
    }

    private Reply block(String id, Views views) {
        Block block = workspace.findBlock(UUID.fromString(id));
        if (block != null) {
            return ok(view(views, block, workspace.pageOf(block)));
        }
        Node node = workspace.find(UUID.fromString(id));
        return node == null || !node.shared ? notFound() : ok(views.childBlock(node));
    }

    private Reply children(String id, Map<String, String> query, Views views) {
        List<Entry> all = new ArrayList<>();
        Node page = page(id);
        if (page != null && page.shared) {
            page.blocks.forEach(block -> all.add(new Entry(block.id, () -> view(views, block, page))));
            page.children.stream()
                    .filter(child -> child.shared && !child.inTrash)
                    .forEach(child -> all.add(new Entry(child.id, () -> views.childBlock(child))));
        } else {
            Block block = workspace.findBlock(UUID.fromString(id));
            if (block == null || !workspace.pageOf(block).shared) {
                return notFound();
            }
            Node owner = workspace.pageOf(block);
            (block.original == null ? block : block.original)
                    .children.forEach(child -> all.add(new Entry(child.id, () -> view(views, child, owner))));
        }
        return list("block", all, query.get("start_cursor"), size(query.get("page_size")));
    }

    private static Reply property(@Nullable Node page, String propertyId, Map<String, String> query) {
        if (page == null) {
            return notFound();
        }
        ObjectNode item = JSON.createObjectNode()
                .put("object", "property_item")
                .put("type", "title")
                .put("id", propertyId);
        item.set("title", Blocks.richText(page.title).path(0));
        return list(
                "property_item",
                List.of(new Entry(page.id, () -> item)),
                query.get("start_cursor"),
                size(query.get("page_size")));
    }

    private Reply rows(@Nullable Node database, JsonNode body, Views views) {
        if (database == null || !database.shared || database.inTrash) {
            return notFound();
        }
        String since =
                body.path("filter").path("created_time").path("on_or_after").asString("");
        List<Entry> rows = database.children.stream()
                .filter(Node::isPresent)
                .filter(row -> since.isEmpty() || !Workspace.minute(row.created).isBefore(Instant.parse(since)))
                .sorted(
                        "last_edited_time".equals(body.at("/sorts/0/timestamp").asString(""))
                                ? Comparator.comparing((Node row) -> Workspace.minute(row.edited))
                                        .reversed()
                                : Comparator.comparing((Node row) -> row.created))
                .limit(QUERY_ROWS)
                .map(row -> new Entry(row.id, () -> views.page(row)))
                .toList();
        return list(
                "page_or_data_source",
                rows,
                cursor(body),
                size(body.path("page_size").asString(null)));
    }

    private Reply search(JsonNode body, Views views) {
        String object = body.path("filter").path("value").asString("");
        if (!object.equals("page") && !object.equals(views.hasDataSources() ? "data_source" : "database")) {
            return error(400, "validation_error", "body failed validation: body.filter.value");
        }
        boolean databases = !object.equals("page");
        Function<Node, ObjectNode> view =
                databases ? (views.hasDataSources() ? views::dataSource : views::database) : views::page;
        List<Entry> found = workspace.search(databases).stream()
                .map(node -> new Entry(node.id, () -> view.apply(node)))
                .toList();
        return list(
                "page_or_data_source",
                found,
                cursor(body),
                size(body.path("page_size").asString(null)));
    }

    private Reply comments(Map<String, String> query) {
        Node page = page(query.getOrDefault("block_id", ""));
        if (page == null) {
            Block block = workspace.findBlock(UUID.fromString(query.getOrDefault("block_id", "")));
            return block == null
                    ? notFound()
                    : list("comment", comments(workspace.pageOf(block), block.comments), null, PAGE_SIZE);
        }
        return list("comment", comments(page, page.comments), query.get("start_cursor"), size(query.get("page_size")));
    }

    private static List<Entry> comments(Node page, List<String> texts) {
        List<Entry> comments = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            int number = i;
            comments.add(new Entry(new UUID(0, i), () -> Views.comment(page, texts.get(number), number)));
        }
        return comments;
    }

    private static @Nullable String cursor(JsonNode body) {
        return body.path("start_cursor").asString(null);
    }

    private static int size(@Nullable String given) {
        int size = given == null ? PAGE_SIZE : Integer.parseInt(given);
        if (size < 1 || size > PAGE_SIZE) {
            throw new IllegalArgumentException("page_size");
        }
        return size;
    }

    /** A page of a list; the cursor is the id of the next entry. */
    private static Reply list(String type, List<Entry> all, @Nullable String cursor, int size) {
        int from = 0;
        if (cursor != null) {
            while (from < all.size() && !cursor.equals(all.get(from).id.toString())) {
                from++;
            }
            if (from == all.size() && !all.isEmpty()) {
                return error(400, "validation_error", "The start_cursor provided is invalid.");
            }
        }
        int to = Math.min(all.size(), from + size);
        ObjectNode page = JSON.createObjectNode().put("object", "list");
        ArrayNode results = page.putArray("results");
        all.subList(from, to).forEach(entry -> results.add(entry.view.get()));
        page.put("next_cursor", to < all.size() ? all.get(to).id.toString() : null);
        page.put("has_more", to < all.size()).put("type", type);
        page.putObject(type);
        return ok(page);
    }

    /** An entry of a list, which is only shown if it is on the page that is asked for. */
    private record Entry(UUID id, Supplier<ObjectNode> view) {}

    private static Map<String, String> query(URI uri) {
        Map<String, String> query = new HashMap<>();
        if (uri.getRawQuery() != null) {
            Arrays.stream(uri.getRawQuery().split("&", -1)).forEach(pair -> {
                int equals = pair.indexOf('=');
                query.put(
                        pair.substring(0, Math.max(0, equals)),
                        URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
            });
        }
        return query;
    }

    private static Reply ok(ObjectNode body) {
        return new Reply(200, body, new byte[0], 0);
    }

    private static Reply notFound() {
        return error(
                404, "object_not_found", "Could not find the object. Make sure it is shared with your connection.");
    }

    private static Reply error(int status, String code, String message) {
        return new Reply(
                status,
                JSON.createObjectNode()
                        .put("object", "error")
                        .put("status", status)
                        .put("code", code)
                        .put("message", message),
                new byte[0],
                0);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    private record Reply(int status, ObjectNode body, byte[] file, int retryAfterSeconds) {
        Reply after(int seconds) {
            return new Reply(status, body, file, seconds);
        }
    }
}
