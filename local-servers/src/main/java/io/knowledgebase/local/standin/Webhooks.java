package io.knowledgebase.local.standin;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Sends a workspace's events as Notion does: signed, late, several edits as one, in no order, some twice, some never. */
public final class Webhooks implements AutoCloseable {

    private static final int ATTEMPTS = 8;
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration RETRY = Duration.ofSeconds(2);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .build();
    private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(4, work -> {
        Thread thread = new Thread(work, "notion-webhooks");
        thread.setDaemon(true);
        return thread;
    });
    private final UUID workspaceId;
    private final UUID subscriptionId = UUID.randomUUID();
    private final URI target;
    private final String verificationToken = "secret_" + UUID.randomUUID();
    private final Random random;
    private final AtomicInteger underWay = new AtomicInteger();
    /** Edits that are told by an event which is not sent yet: types and ids. */
    private final Set<String> toBeTold = ConcurrentHashMap.newKeySet();

    private volatile Duration latest = Duration.ZERO;
    private volatile double lost;
    private volatile double doubled;

    /** Sends what happens in a workspace from now on to an address. */
    public Webhooks(Workspace workspace, URI target, long seed) {
        this.workspaceId = workspace.id();
        this.target = target;
        this.random = new Random(seed);
        workspace.listen(this::take);
    }

    /**
     * How events are sent from now on.
     *
     * @param latest they are late by a random time up to this, so that their order changes; further edits of the same
     *     kind until then are told by the same event
     * @param lost part of them that is never sent
     * @param doubled part of them that is sent twice
     */
    public Webhooks unreliably(Duration latest, double lost, double doubled) {
        this.latest = latest;
        this.lost = lost;
        this.doubled = doubled;
        return this;
    }

    /** Sends the verification token; the status that was answered. */
    public int verify() {
        return post(body("{\"verification_token\":\"" + verificationToken + "\"}"));
    }

    public String verificationToken() {
        return verificationToken;
    }

    /** Whether everything was sent that is to be sent. */
    public boolean isIdle() {
        return underWay.get() == 0;
    }

    private synchronized void take(Event event) {
        String edit = event.type() + " " + event.entityId();
        if (random.nextDouble() < lost || (event.type().endsWith("_updated") && !toBeTold.add(edit))) {
            return;
        }
        byte[] body = body(event);
        send(body, edit, 1);
        if (random.nextDouble() < doubled) {
            send(body, edit, 1);
        }
    }

    private void send(byte[] body, String edit, int attempt) {
        underWay.incrementAndGet();
        long delayMs = attempt == 1 ? (long) (random.nextDouble() * latest.toMillis()) : RETRY.toMillis();
        var unused = threads.schedule(
                () -> {
                    try {
                        toBeTold.remove(edit);
                        if (post(body) / 100 != 2 && attempt < ATTEMPTS) {
                            send(body, edit, attempt + 1);
                        }
                    } finally {
                        underWay.decrementAndGet();
                    }
                },
                delayMs,
                TimeUnit.MILLISECONDS);
    }

    private byte[] body(Event event) {
        ObjectNode body = JsonMapper.shared()
                .createObjectNode()
                .put("id", UUID.randomUUID().toString())
                .put("timestamp", event.time().toString())
                .put("workspace_id", workspaceId.toString())
                .put("workspace_name", "Stand-in")
                .put("subscription_id", subscriptionId.toString())
                .put("integration_id", new UUID(0, 1).toString())
                .put("type", event.type())
                .put("attempt_number", 1);
        body.putArray("authors").addObject().put("id", Views.PERSON.toString()).put("type", "person");
        body.putObject("entity")
                .put("id", event.entityId().toString())
                .put("type", event.type().replaceFirst("\\..*", ""));
        ObjectNode data = body.putObject("data");
        if (event.pageId() != null) {
            data.put("page_id", event.pageId().toString());
        }
        data.putObject("parent")
                .put("id", String.valueOf(event.blockId() == null ? event.entityId() : event.blockId()))
                .put("type", event.blockId() == null ? "page" : "block");
        return body(body.toString());
    }

    private static byte[] body(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private int post(byte[] body) {
        try {
            HttpRequest request = HttpRequest.newBuilder(target)
                    .timeout(TIMEOUT)
                    .header("Content-Type", "application/json")
                    .header("X-Notion-Signature", signature(body))
                    .POST(BodyPublishers.ofByteArray(body))
                    .build();
            return http.send(request, BodyHandlers.discarding()).statusCode();
        } catch (IOException e) {
            return 0; // sent again
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 0;
        }
    }

    private String signature(byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(verificationToken.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return "sha256=" + HexFormat.of().formatHex(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
