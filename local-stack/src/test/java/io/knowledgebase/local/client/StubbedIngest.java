package io.knowledgebase.local.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Answers as the ingest service does, with what it was told to answer; the last answer stays. */
public final class StubbedIngest implements AutoCloseable {

    private final Map<String, Deque<Answer>> answers = new ConcurrentHashMap<>();
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    private final HttpServer server;

    private record Answer(int status, String body) {}

    public StubbedIngest() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    /** One more answer to a request such as {@code GET /v1/notion/syncs}. */
    public StubbedIngest on(String request, int status, String body) {
        answers.computeIfAbsent(request, unknown -> new ArrayDeque<>()).add(new Answer(status, body));
        return this;
    }

    /** Method, path and body of each request. */
    public List<String> requests() {
        return requests;
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String request =
                    exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
            requests.add(request + " " + new String(exchange.getRequestBody().readAllBytes(), UTF_8));
            Deque<Answer> known = answers.getOrDefault(request, new ArrayDeque<>(List.of(new Answer(404, "{}"))));
            Answer answer = known.size() > 1 ? known.remove() : known.element();
            byte[] body = answer.body.getBytes(UTF_8);
            exchange.sendResponseHeaders(answer.status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
