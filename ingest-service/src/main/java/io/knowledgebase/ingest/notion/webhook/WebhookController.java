package io.knowledgebase.ingest.notion.webhook;

import io.knowledgebase.ingest.notion.webhook.SubscriptionStore.Subscription;
import io.knowledgebase.ingest.notion.webhook.SubscriptionStore.Window;
import io.knowledgebase.ingest.seal.Seal;
import io.knowledgebase.schemas.access.Caller;
import io.knowledgebase.schemas.problem.Problem;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** The webhook's address, and what operators do so that events of a subscription are believed. */
@RestController
final class WebhookController {

    private static final Logger LOG = LoggerFactory.getLogger(WebhookController.class);
    private static final int DEFAULT_SECONDS = 600;
    private static final int MOST_SECONDS = 3600;

    private final Webhook webhook;
    private final SubscriptionStore store;
    private final Seal seal;
    private final int maxBytes;

    WebhookController(Webhook webhook, SubscriptionStore store, Seal seal, int maxBytes) {
        this.webhook = webhook;
        this.store = store;
        this.seal = seal;
        this.maxBytes = maxBytes;
    }

    @PostMapping("/v1/webhooks/notion")
    void take(
            @RequestHeader(name = "X-Notion-Signature", required = false) @Nullable String signature,
            HttpServletRequest request)
            throws IOException {
        byte[] body = request.getInputStream().readNBytes(maxBytes + 1);
        if (body.length > maxBytes) {
            throw Problem.tooLarge("A webhook has at most " + maxBytes + " bytes.");
        }
        webhook.take(signature, body);
    }

    /** For how long the window is to be open. */
    record Wish(@Nullable Integer seconds) {}

    /**
     * A window in which one verification token is taken.
     *
     * @param verificationToken what came; to be pasted into Notion's page of the integration
     */
    record Verification(
            UUID windowId,
            Instant openUntil,
            boolean open,
            @Nullable UUID subscriptionKey,
            @Nullable String verificationToken) {}

    /** A subscription whose events are believed; in use once its id is known. */
    record Known(
            UUID subscriptionKey, Instant takenAt, @Nullable UUID subscriptionId) {}

    record Page(List<Known> subscriptions) {}

    @PostMapping("/v1/notion/verifications")
    ResponseEntity<Verification> open(Caller caller, @RequestBody(required = false) @Nullable Wish wish) {
        caller.require(Caller.ADMIN);
        int seconds = wish == null || wish.seconds() == null ? DEFAULT_SECONDS : wish.seconds();
        if (seconds < 1 || seconds > MOST_SECONDS) {
            throw Problem.badField("seconds", "seconds is a number from 1 to " + MOST_SECONDS + ".");
        }
        UUID windowId = UUID.randomUUID();
        seal.seal("", windowId); // whether there is a key
        Window window = store.open(windowId, Duration.ofSeconds(seconds));
        LOG.info("event=notion-verification-opened windowId={} seconds={}", windowId, seconds);
        return ResponseEntity.created(URI.create("/v1/notion/verifications/" + windowId))
                .body(verification(window));
    }

    @GetMapping("/v1/notion/verifications/{windowId}")
    Verification one(Caller caller, @PathVariable UUID windowId) {
        caller.require(Caller.ADMIN);
        return verification(store.find(windowId)
                .orElseThrow(() -> Problem.notFound("There is no verification " + windowId + ", or a later one.")));
    }

    @DeleteMapping("/v1/notion/verifications/{windowId}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void close(Caller caller, @PathVariable UUID windowId) {
        caller.require(Caller.ADMIN);
        store.close(windowId);
    }

    @GetMapping("/v1/notion/subscriptions")
    Page subscriptions(Caller caller) {
        caller.require(Caller.ADMIN);
        return new Page(store.all().stream()
                .map(known -> new Known(known.key(), known.takenAt(), known.subscriptionId()))
                .toList());
    }

    @DeleteMapping("/v1/notion/subscriptions/{subscriptionKey}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void remove(Caller caller, @PathVariable UUID subscriptionKey) {
        caller.require(Caller.ADMIN);
        if (!store.remove(subscriptionKey)) {
            throw Problem.notFound("There is no subscription " + subscriptionKey + ".");
        }
        LOG.warn("event=notion-subscription-removed subscriptionKey={}", subscriptionKey);
    }

    /** The token is shown to whoever opened the window, not later. */
    private Verification verification(Window window) {
        UUID taken = window.taken();
        String token = null;
        for (Subscription subscription : store.all()) {
            if (subscription.key().equals(taken)) {
                token = seal.open(subscription.sealedToken(), subscription.key());
            }
        }
        return new Verification(window.windowId(), window.openUntil(), window.open(), taken, token);
    }
}
