package io.knowledgebase.ingest.notion.api;

import io.knowledgebase.ingest.notion.api.NotionException.Kind;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Notion's servers: makes a client for each connection. */
public final class NotionApi {

    private static final int DOWNLOAD_TIMEOUTS = 5;
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    private final HttpClient http = HttpClient.newBuilder()
            .connectTimeout(CONNECT_TIMEOUT)
            .version(HttpClient.Version.HTTP_1_1)
            .build();
    private final URI base;
    private final Duration timeout;
    private final MeterRegistry meters;

    /**
     * The servers at an address.
     *
     * @param base without a path
     * @param timeout of one request
     */
    public NotionApi(URI base, Duration timeout, MeterRegistry meters) {
        this.base = base;
        this.timeout = timeout;
        this.meters = meters;
    }

    /**
     * A client for one connection.
     *
     * @param pauses is told how long a request is going to wait because Notion asked for it
     */
    public NotionClient client(String token, ApiVersion version, RequestBudget budget, Consumer<Duration> pauses) {
        return new NotionClient(transport(budget, pauses, Transport.BUSY_TRIES), base, timeout, token, version);
    }

    /** A client that waits for nothing, because somebody waits for its answer. */
    public NotionClient impatientClient(String token, ApiVersion version) {
        return new NotionClient(transport(RequestBudget.unlimited(), pause -> {}, 1), base, timeout, token, version);
    }

    private Transport transport(RequestBudget budget, Consumer<Duration> pauses, int busyTries) {
        return new Transport(http, budget, pauses, busyTries, new Deadlines(timeout), meters);
    }

    /** What a public integration gets for the code that Notion's consent page gave out. */
    public JsonNode exchangeCode(String clientId, String clientSecret, String code, String redirectUri) {
        byte[] login = (clientId + ":" + clientSecret).getBytes(StandardCharsets.UTF_8);
        Map<String, String> body =
                Map.of("grant_type", "authorization_code", "code", code, "redirect_uri", redirectUri);
        HttpRequest request = HttpRequest.newBuilder(base.resolve("/v1/oauth/token"))
                .timeout(timeout)
                .header("Authorization", "Basic " + Base64.getEncoder().encodeToString(login))
                .header("Notion-Version", ApiVersion.DEFAULT.code())
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofByteArray(JsonMapper.shared().writeValueAsBytes(body)))
                .build();
        return transport(RequestBudget.unlimited(), pause -> {}, 1).send(request);
    }

    /** Where a person consents to be read. */
    public URI consentPage(String clientId, String redirectUri, String state) {
        return base.resolve("/v1/oauth/authorize?owner=user&response_type=code&client_id="
                + NotionClient.encode(clientId) + "&redirect_uri=" + NotionClient.encode(redirectUri) + "&state="
                + NotionClient.encode(state));
    }

    /**
     * Fetches a file from the address that Notion gave for it; no token is sent.
     *
     * @throws NotionException FORBIDDEN if the address is no longer valid, REJECTED if the file is too large
     */
    public void download(String url, Path target, long maxBytes) {
        HttpRequest request;
        try {
            request = HttpRequest.newBuilder(URI.create(url)).timeout(timeout).build();
        } catch (IllegalArgumentException e) {
            throw NotionException.of(Kind.REJECTED, "a file has no valid address");
        }
        try {
            HttpResponse<InputStream> response = http.send(request, BodyHandlers.ofInputStream());
            try (InputStream body = new Deadlines(timeout.multipliedBy(DOWNLOAD_TIMEOUTS)).guard(response.body());
                    OutputStream file = Files.newOutputStream(target)) {
                if (response.statusCode() != 200) {
                    // Who signed addresses tells an expired one with 400 or 403.
                    throw NotionException.of(
                            response.statusCode() / 100 == 4 ? Kind.FORBIDDEN : Kind.AWAY,
                            "the file's server answered " + response.statusCode());
                }
                byte[] buffer = new byte[BUFFER_BYTES];
                long bytes = 0;
                for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
                    bytes += read;
                    if (bytes > maxBytes) {
                        throw NotionException.of(
                                Kind.REJECTED,
                                "the file is larger than " + maxBytes + " bytes (kb.notion.max-file-size)");
                    }
                    file.write(buffer, 0, read);
                }
            }
        } catch (IOException e) {
            throw NotionException.away("the file cannot be fetched: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw NotionException.away("interrupted", e);
        }
    }
}
