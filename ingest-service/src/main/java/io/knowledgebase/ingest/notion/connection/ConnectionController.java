package io.knowledgebase.ingest.notion.connection;

import io.knowledgebase.ingest.notion.api.ApiVersion;
import io.knowledgebase.schemas.access.Caller;
import io.knowledgebase.schemas.problem.Problem;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** A user's connections over HTTP; somebody else's do not exist. No answer ever has a token. */
@RestController
@RequestMapping("/v1/notion")
final class ConnectionController {

    private static final int LEAST_REQUESTS = 2;
    private static final int MOST_REQUESTS = 100_000;
    private static final int SECRET_CHARACTERS = 2_000;

    private final Connections connections;

    ConnectionController(Connections connections) {
        this.connections = connections;
    }

    /**
     * Whose pages are to be read.
     *
     * @param token of an integration; printed nowhere
     * @param requestsPerMinute null for the default
     */
    record Wish(
            @Nullable String token,
            @Nullable String apiVersion,
            @Nullable Integer requestsPerMinute) {

        @Override
        public String toString() {
            return "Wish";
        }
    }

    /** What came back from Notion's consent page. */
    record Exchange(@Nullable String code, @Nullable String state) {

        @Override
        public String toString() {
            return "Exchange";
        }
    }

    record Page(List<Connection> connections) {}

    @GetMapping("/connections")
    Page list(Caller caller) {
        return new Page(connections.list(caller.userId()));
    }

    @GetMapping("/connections/{connectionId}")
    Connection one(Caller caller, @PathVariable UUID connectionId) {
        return connections.get(caller.userId(), connectionId);
    }

    @PostMapping("/connections")
    ResponseEntity<Connection> connect(Caller caller, @RequestBody Wish wish) {
        String token = secret("token", wish.token());
        ApiVersion version = wish.apiVersion() == null
                ? null
                : ApiVersion.ofCode(wish.apiVersion()).orElseThrow(ConnectionController::unknownVersion);
        Integer requests = wish.requestsPerMinute();
        if (requests != null && (requests < LEAST_REQUESTS || requests > MOST_REQUESTS)) {
            throw Problem.badField("requestsPerMinute", "requestsPerMinute is a number from 2 to 100,000.");
        }
        return created(connections.connect(caller.userId(), token, version, requests));
    }

    @DeleteMapping("/connections/{connectionId}")
    @ResponseStatus(HttpStatus.ACCEPTED)
    void delete(Caller caller, @PathVariable UUID connectionId) {
        connections.delete(caller.userId(), connectionId);
    }

    @PostMapping("/oauth")
    Connections.Consent consent(Caller caller) {
        return connections.consent(caller.userId());
    }

    @PostMapping("/oauth/exchange")
    ResponseEntity<Connection> exchange(Caller caller, @RequestBody Exchange exchange) {
        return created(connections.exchange(
                caller.userId(), secret("code", exchange.code()), secret("state", exchange.state())));
    }

    private static ResponseEntity<Connection> created(Connection connection) {
        return ResponseEntity.created(URI.create("/v1/notion/connections/" + connection.connectionId()))
                .body(connection);
    }

    private static String secret(String field, @Nullable String given) {
        if (given == null || given.isBlank()) {
            throw Problem.badField(field, field + " is missing or blank.");
        }
        if (given.length() > SECRET_CHARACTERS) {
            throw Problem.badField(field, field + " is longer than 2,000 characters.");
        }
        return given.strip();
    }

    private static Problem unknownVersion() {
        return Problem.badField(
                "apiVersion",
                "apiVersion is one of "
                        + Arrays.stream(ApiVersion.values())
                                .map(ApiVersion::code)
                                .collect(Collectors.joining(", ")) + ".");
    }
}
