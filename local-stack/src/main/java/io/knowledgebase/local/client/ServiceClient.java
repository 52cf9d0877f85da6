package io.knowledgebase.local.client;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.token.TokenMinter;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Calls a service as one user. */
public final class ServiceClient {

    /** Who asks for what no user asks for. */
    public static final String OPERATOR = "kb-operator";

    /** The scope of operators. */
    public static final String ADMIN = "kb:admin";

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration TIMEOUT = Duration.ofMinutes(5);
    private static final long FIRST_PAUSE_MS = 200;
    private static final long LONGEST_PAUSE_MS = 3_000;
    private static final Duration TOKEN_VALIDITY = Duration.ofHours(12);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
    private final Service service;
    private final URI base;
    private final String token;

    /**
     * A client of one service; with {@code KB_TOKEN} set, that token is sent instead of a minted one.
     *
     * @param scopes what the minted token allows besides
     */
    public ServiceClient(Home home, Service service, String user, List<String> scopes) {
        this.service = service;
        this.base = home.url(service);
        this.token = home.setting("KB_TOKEN")
                .orElseGet(() ->
                        new TokenMinter(home.accessSecret(), Clock.systemUTC()).mint(user, scopes, TOKEN_VALIDITY));
    }

    /** The user a command acts for unless told otherwise. */
    public static String defaultUser() {
        return System.getenv().getOrDefault("KB_USER", System.getProperty("user.name"));
    }

    public JsonNode get(String path, Map<String, String> parameters) {
        String query = parameters.entrySet().stream()
                .map(parameter -> encode(parameter.getKey()) + "=" + encode(parameter.getValue()))
                .collect(Collectors.joining("&"));
        return call(request(query.isEmpty() ? path : path + "?" + query).GET().build());
    }

    /** An answer that is a text. */
    public String getText(String path) {
        return new String(send(request(path).GET().build()), StandardCharsets.UTF_8);
    }

    /** Writes an answer into a file. */
    public void download(String path, Path file) {
        try {
            Files.write(file, send(request(path).GET().build()));
        } catch (IOException e) {
            throw CommandFailedException.of(file + " cannot be written", "name a folder that can be written to");
        }
    }

    public JsonNode postJson(String path, Object body) {
        return call(request(path)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(JSON.writeValueAsString(body)))
                .build());
    }

    public JsonNode post(String path, String contentType, BodyPublisher body) {
        return call(request(path).header("Content-Type", contentType).POST(body).build());
    }

    /** Posts lines of JSON and reads the answer's lines. */
    public List<JsonNode> postLines(String path, BodyPublisher lines) {
        HttpRequest request = request(path)
                .header("Content-Type", "application/x-ndjson")
                .POST(lines)
                .build();
        return new String(send(request), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.isBlank())
                .map(JSON::readTree)
                .toList();
    }

    public void delete(String path) {
        call(request(path).DELETE().build());
    }

    /**
     * Repeats a call that may be repeated while the service is away or asks for patience.
     *
     * @param waits is told each time why
     */
    public static <T> T patiently(Duration patience, Supplier<T> call, Consumer<String> waits) {
        Instant deadline = Instant.now().plus(patience);
        long pauseMs = FIRST_PAUSE_MS;
        while (true) {
            try {
                return call.get();
            } catch (ServiceUnreachableException | ServiceProblemException e) {
                boolean mayPass = !(e instanceof ServiceProblemException problem) || problem.isTransient();
                if (!mayPass || Instant.now().isAfter(deadline)) {
                    throw e;
                }
                waits.accept(e.getMessage());
            }
            try {
                TimeUnit.MILLISECONDS.sleep(pauseMs);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw CommandFailedException.of("interrupted", "repeat");
            }
            pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
        }
    }

    private HttpRequest.Builder request(String pathAndQuery) {
        return HttpRequest.newBuilder(base.resolve(pathAndQuery))
                .timeout(TIMEOUT)
                .header("Authorization", "Bearer " + token);
    }

    /** The answer's JSON; empty answers are a missing node. */
    private JsonNode call(HttpRequest request) {
        byte[] answer = send(request);
        return answer.length == 0 ? JSON.missingNode() : JSON.readTree(answer);
    }

    private byte[] send(HttpRequest request) {
        try {
            HttpResponse<byte[]> response = http.send(request, BodyHandlers.ofByteArray());
            if (response.statusCode() / 100 != 2) {
                throw problem(response);
            }
            return response.body();
        } catch (ConnectException e) {
            throw new ServiceUnreachableException(
                    service.id() + " does not answer at " + base,
                    "start it with ./kb up --detach, or set " + service.urlSetting(),
                    e);
        } catch (IOException e) {
            throw new ServiceUnreachableException(
                    service.id() + " broke off " + request.method() + " "
                            + request.uri().getPath() + ": " + e,
                    "./kb status shows whether it runs, ./kb logs " + service.id() + " why not",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandFailedException.of("interrupted", "repeat");
        }
    }

    private ServiceProblemException problem(HttpResponse<byte[]> response) {
        String detail = "status " + response.statusCode();
        String field = "";
        try {
            JsonNode problem = JSON.readTree(response.body());
            detail = problem.path("detail").asString("");
            detail = detail.isEmpty() ? problem.path("title").asString("status " + response.statusCode()) : detail;
            field = problem.path("field").asString("");
        } catch (JacksonException e) {
            // The status has to do.
        }
        return new ServiceProblemException(service, response.statusCode(), detail, field);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
