package io.knowledgebase.ingest.notion.webhook;

import io.knowledgebase.ingest.notion.webhook.SubscriptionStore.Subscription;
import io.knowledgebase.ingest.seal.Seal;
import io.knowledgebase.ingest.seal.UnsealableException;
import io.knowledgebase.schemas.event.MalformedEventException;
import io.knowledgebase.schemas.event.NotionEventCodec;
import io.knowledgebase.schemas.event.NotionEventReceived;
import io.knowledgebase.schemas.problem.Problem;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Decides about what is posted to the webhook's address, by anybody. */
final class Webhook {

    private static final Logger LOG = LoggerFactory.getLogger(Webhook.class);
    private static final String TOKEN = "verification_token";
    private static final int FEWEST_CHARACTERS = 20;
    private static final int MOST_CHARACTERS = 500;

    private final SubscriptionStore store;
    private final Seal seal;
    private final NotionEventCodec codec;
    private final Producer<String, byte[]> producer;
    private final Duration timeout;
    private final MeterRegistry meters;
    /** Subscriptions whose tokens cannot be opened, each told once. */
    private final Set<UUID> unreadable = ConcurrentHashMap.newKeySet();

    Webhook(
            SubscriptionStore store,
            Seal seal,
            NotionEventCodec codec,
            Producer<String, byte[]> producer,
            Duration timeout,
            MeterRegistry meters) {
        this.store = store;
        this.seal = seal;
        this.codec = codec;
        this.producer = producer;
        this.timeout = timeout;
        this.meters = meters;
    }

    /**
     * Takes an event to Kafka, or a verification token in while the window is open.
     *
     * @throws Problem if it is neither, 503 if Kafka is away
     */
    void take(@Nullable String signature, byte[] body) {
        try {
            String outcome = handshake(signature, body) ? "verified" : event(signature, body);
            count(outcome);
        } catch (Problem e) {
            count(Integer.toString(e.getStatusCode().value()));
            throw e;
        }
    }

    private void count(String outcome) {
        meters.counter("kb.notion.webhooks", "outcome", outcome).increment();
    }

    private boolean handshake(@Nullable String signature, byte[] body) {
        Optional<String> token = verificationToken(body);
        if (token.isEmpty()) {
            return false;
        }
        if (signature != null && !Signature.fits(signature, body, token.get())) {
            throw Problem.unauthorized("The signature does not fit the body.");
        }
        UUID key = UUID.randomUUID();
        if (!store.take(key, seal.seal(token.get(), key))) {
            throw Problem.forbidden(
                    "No verification is under way. An operator begins one with kb notion verification.");
        }
        LOG.info("event=notion-verification-token-taken subscriptionKey={}", key);
        return true;
    }

    private static Optional<String> verificationToken(byte[] body) {
        try {
            JsonNode json = JsonMapper.shared().readTree(body);
            if (!json.has(TOKEN) || json.has("type")) {
                return Optional.empty();
            }
            String token = json.get(TOKEN).isString() ? json.get(TOKEN).stringValue() : "";
            if (token.length() < FEWEST_CHARACTERS || token.length() > MOST_CHARACTERS) {
                throw Problem.badField(
                        TOKEN,
                        TOKEN + " is a text of " + FEWEST_CHARACTERS + " to " + MOST_CHARACTERS + " characters.");
            }
            return Optional.of(token);
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    private String event(@Nullable String signature, byte[] body) {
        Subscription signer = signer(signature, body);
        NotionEventReceived event;
        try {
            event = NotionEventCodec.parse(body);
        } catch (MalformedEventException e) {
            throw Problem.badField("body", String.valueOf(e.getMessage()));
        }
        if (!event.subscriptionId().equals(signer.subscriptionId())
                && !store.bind(signer.key(), event.subscriptionId())) {
            throw Problem.unauthorized("The token that signed this belongs to another subscription.");
        }
        publish(event, body);
        return "accepted";
    }

    private Subscription signer(@Nullable String signature, byte[] body) {
        if (signature == null) {
            throw Problem.unauthorized("The header X-Notion-Signature is missing.");
        }
        boolean allRead = true;
        for (Subscription subscription : store.all()) {
            try {
                if (Signature.fits(signature, body, seal.open(subscription.sealedToken(), subscription.key()))) {
                    return subscription;
                }
            } catch (UnsealableException e) {
                allRead = false;
                if (unreadable.add(subscription.key())) {
                    LOG.warn("event=notion-verification-token-unreadable subscriptionKey={}", subscription.key());
                }
            }
        }
        if (!allRead) {
            throw Problem.unavailable("A verification token cannot be opened (kb.notion.keys). Send the event again.");
        }
        throw Problem.unauthorized("The signature does not fit the body.");
    }

    /** Answered when Kafka has it: then it outlives whatever dies. */
    private void publish(NotionEventReceived event, byte[] body) {
        try {
            var unused = producer.send(codec.write(event, body)).get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException | KafkaException e) {
            LOG.warn("event=notion-event-refused eventId={} cause=\"{}\"", event.id(), e.toString());
            throw Problem.unavailable("The event cannot be kept now. Send it again.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Problem.unavailable("The service is stopping. Send the event again.");
        }
    }
}
