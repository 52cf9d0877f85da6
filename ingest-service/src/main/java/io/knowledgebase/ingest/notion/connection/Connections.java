package io.knowledgebase.ingest.notion.connection;

import io.knowledgebase.ingest.notion.NotionSettings;
import io.knowledgebase.ingest.notion.api.ApiVersion;
import io.knowledgebase.ingest.notion.api.NotionApi;
import io.knowledgebase.ingest.notion.api.NotionClient;
import io.knowledgebase.ingest.notion.api.NotionException;
import io.knowledgebase.ingest.notion.api.RequestBudget;
import io.knowledgebase.ingest.seal.Seal;
import io.knowledgebase.schemas.problem.Problem;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DuplicateKeyException;
import tools.jackson.databind.JsonNode;

/** Users' connections, and the clients that read for them. */
public final class Connections {

    private static final Logger LOG = LoggerFactory.getLogger(Connections.class);
    private static final Duration CONSENT_VALIDITY = Duration.ofMinutes(10);
    private static final int STATE_BYTES = 24;
    private static final String PRINTABLE = "[\\x21-\\x7e]+";

    private final ConnectionStore store;
    private final Seal seal;
    private final NotionApi api;
    private final NotionSettings settings;
    private final SecureRandom random = new SecureRandom();
    /** A connection's requests count together, whoever makes them. */
    private final Map<UUID, Budget> budgets = new ConcurrentHashMap<>();

    Connections(ConnectionStore store, Seal seal, NotionApi api, NotionSettings settings) {
        this.store = store;
        this.seal = seal;
        this.api = api;
        this.settings = settings;
    }

    List<Connection> list(String userId) {
        return store.list(userId);
    }

    Connection get(String userId, UUID connectionId) {
        return store.find(userId, connectionId)
                .orElseThrow(() -> Problem.notFound("There is no connection " + connectionId + "."));
    }

    /**
     * Connects a user to the workspace that a token belongs to; again is a new token for the same connection.
     *
     * @throws Problem 422 if Notion does not take the token, 503 if it is away
     */
    Connection connect(String userId, String token, @Nullable ApiVersion wished, @Nullable Integer requestsPerMinute) {
        if (!token.matches(PRINTABLE)) {
            throw Problem.unprocessable("token", "A token is a line of printable ASCII characters.");
        }
        UUID unknown = UUID.randomUUID();
        seal.seal(token, unknown); // whether there is a key, before anybody is asked
        JsonNode bot = me(token, wished == null ? ApiVersion.DEFAULT : wished);
        String workspaceId = bot.path("bot").path("workspace_id").asString("");
        String workspaceName = bot.path("bot").path("workspace_name").asString("");
        if (!isUuid(workspaceId)) {
            throw Problem.unprocessable("token", "Notion does not say which workspace the token belongs to.");
        }
        try {
            return save(userId, token, unknown, workspaceId, workspaceName, wished, requestsPerMinute);
        } catch (DuplicateKeyException e) { // by another request meanwhile
            return save(userId, token, unknown, workspaceId, workspaceName, wished, requestsPerMinute);
        }
    }

    private Connection save(
            String userId,
            String token,
            UUID unknown,
            String workspaceId,
            String workspaceName,
            @Nullable ApiVersion wished,
            @Nullable Integer requestsPerMinute) {
        UUID connectionId = store.find(userId, workspaceId).orElse(unknown);
        Optional<Connection> before = store.find(userId, connectionId);
        String version = wished != null
                ? wished.code()
                : before.map(Connection::apiVersion).orElse(ApiVersion.DEFAULT.code());
        int requests = requestsPerMinute != null
                ? requestsPerMinute
                : before.map(Connection::requestsPerMinute).orElse(settings.requestsPerMinute());
        boolean saved = store.save(
                connectionId, userId, workspaceId, workspaceName, seal.seal(token, connectionId), version, requests);
        if (!saved) {
            throw Problem.conflict("The connection to this workspace is being deleted. Connect again in a minute.");
        }
        LOG.info("event=notion-connected connectionId={} workspaceId={}", connectionId, workspaceId);
        return get(userId, connectionId);
    }

    private JsonNode me(String token, ApiVersion version) {
        try {
            return api.impatientClient(token, version).me();
        } catch (NotionException e) {
            throw switch (e.kind()) {
                case UNAUTHORIZED, FORBIDDEN, NOT_FOUND, REJECTED ->
                    Problem.unprocessable("token", "Notion does not take this token: " + e.getMessage() + ".");
                case AWAY, BUSY -> Problem.unavailable(e.getMessage() + ". Repeat later.");
            };
        }
    }

    /** Where a user consents; the state has to come back with the code. */
    Consent consent(String userId) {
        requireOauth();
        byte[] bytes = new byte[STATE_BYTES];
        random.nextBytes(bytes);
        String state = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        store.addConsent(state, userId, CONSENT_VALIDITY);
        return new Consent(
                api.consentPage(settings.oauthClientId(), settings.oauthRedirectUri(), state)
                        .toString(),
                state,
                Instant.now().plus(CONSENT_VALIDITY));
    }

    /** Exchanges the code that came back for a token. The state must be one that this user was given. */
    Connection exchange(String userId, String code, String state) {
        requireOauth();
        if (!store.takeConsent(state, userId)) {
            throw Problem.unprocessable(
                    "state", "This state was not given to you within the last ten minutes, or was used. Begin again.");
        }
        JsonNode answer;
        try {
            answer = api.exchangeCode(
                    settings.oauthClientId(), settings.oauthClientSecret(), code, settings.oauthRedirectUri());
        } catch (NotionException e) {
            throw switch (e.kind()) {
                case AWAY, BUSY -> Problem.unavailable(e.getMessage() + ". Begin again later.");
                default -> Problem.unprocessable("code", "Notion does not take this code: " + e.getMessage() + ".");
            };
        }
        return connect(userId, answer.path("access_token").asString(""), null, null);
    }

    private void requireOauth() {
        if (settings.oauthClientId().isBlank()
                || settings.oauthClientSecret().isBlank()
                || settings.oauthRedirectUri().isBlank()) {
            throw Problem.unavailable("No public integration is set up (kb.notion.oauth-client-id, -secret and"
                    + " -redirect-uri). Connect with a token.");
        }
    }

    void delete(String userId, UUID connectionId) {
        get(userId, connectionId);
        store.delete(connectionId);
        LOG.info("event=notion-connection-deleting connectionId={}", connectionId);
    }

    /**
     * What reads for a connection; empty if it is gone.
     *
     * @throws UnsealableException if its token cannot be opened
     */
    public Optional<Reader> reader(UUID connectionId) {
        return store.open(connectionId).map(stored -> {
            Budget budget = budgets.compute(
                    connectionId,
                    (id, known) -> known != null && known.requests == stored.requestsPerMinute()
                            ? known
                            : new Budget(stored.requestsPerMinute()));
            return new Reader(
                    stored.userId(),
                    stored.workspaceName(),
                    api.client(
                            seal.open(stored.sealedToken(), connectionId),
                            ApiVersion.ofCode(stored.apiVersion()).orElseThrow(),
                            budget.budget,
                            pause -> pause(connectionId, pause, "Notion wants to be left in peace.")));
        });
    }

    /** Reads nothing for a time; then it goes on by itself. */
    public void pause(UUID connectionId, Duration pause, String reason) {
        store.pause(connectionId, pause, reason);
    }

    /**
     * Stops reading until somebody connects again.
     *
     * @param readSince when reading began: who has connected since is not meant
     */
    public void needsAttention(UUID connectionId, Instant readSince, String detail) {
        if (store.needsAttention(connectionId, readSince, detail)) {
            LOG.warn("event=notion-needs-attention connectionId={} detail=\"{}\"", connectionId, detail);
        }
    }

    private static boolean isUuid(String text) {
        try {
            UUID.fromString(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Who is read for, and with what. */
    public record Reader(String userId, String workspaceName, NotionClient client) {}

    /** Where to consent, and what has to come back. */
    record Consent(String authorizationUrl, String state, Instant validUntil) {}

    private static final class Budget {
        private final int requests;
        private final RequestBudget budget;

        private Budget(int requests) {
            this.requests = requests;
            this.budget = RequestBudget.perMinute(requests);
        }
    }
}
