package io.knowledgebase.local.documents;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.terminal.CommandFailedException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/** Sends files several at a time and follows each until it is terminal. */
public final class Upload {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int WATCHED_AT_ONCE = 64;
    private static final long PAUSE_MS = 200;

    private final ServiceClient ingest;
    private final int inFlight;
    private final UploadProgress progress;
    private volatile Counts counts = new Counts(0, 0, 0);

    public Upload(ServiceClient ingest, int inFlight, UploadProgress progress) {
        this.ingest = ingest;
        this.inFlight = inFlight;
        this.progress = progress;
    }

    /**
     * How far it has come.
     *
     * @param uploaded files that were answered
     * @param chunks embedded so far
     * @param terminal documents that are indexed or failed, or files that were refused
     */
    public record Counts(int uploaded, int chunks, int terminal) {}

    public Counts counts() {
        return counts;
    }

    /** What became of each file, in their order; without waiting, what was answered to it. */
    public List<UploadedDocument> run(List<UploadFile> files, boolean wait) throws InterruptedException {
        BlockingQueue<UploadedDocument> answers = new LinkedBlockingQueue<>();
        ExecutorService senders = Executors.newFixedThreadPool(inFlight);
        try {
            files.forEach(file -> senders.execute(() -> answers.add(send(file))));
            Map<String, UploadedDocument> results = new LinkedHashMap<>();
            files.forEach(file -> results.put(file.externalId(), UploadedDocument.refused(file.externalId(), "")));
            follow(files.size(), answers, results, wait);
            return List.copyOf(results.values());
        } finally {
            senders.shutdownNow();
        }
    }

    private void follow(
            int files, BlockingQueue<UploadedDocument> answers, Map<String, UploadedDocument> results, boolean wait)
            throws InterruptedException {
        Deque<UploadedDocument> pending = new ArrayDeque<>();
        Map<String, Integer> chunks = new HashMap<>();
        int answered = 0;
        int terminal = 0;
        while (answered < files || !pending.isEmpty()) {
            List<UploadedDocument> arrived = new ArrayList<>();
            answers.drainTo(arrived);
            int looks = Math.min(WATCHED_AT_ONCE, pending.size());
            boolean advanced = !arrived.isEmpty();
            for (UploadedDocument answer : arrived) {
                answered++;
                results.put(answer.externalId(), answer);
                if (answer.isTerminal() || !wait) {
                    terminal++;
                    chunks.put(answer.externalId(), answer.chunks());
                } else {
                    pending.addLast(answer);
                }
            }
            for (int i = 0; i < looks; i++) {
                UploadedDocument now = look(pending.removeFirst());
                chunks.put(now.externalId(), now.chunks());
                results.put(now.externalId(), now);
                if (now.isTerminal()) {
                    terminal++;
                    advanced = true;
                } else {
                    pending.addLast(now);
                }
            }
            counts = new Counts(
                    answered,
                    chunks.values().stream().mapToInt(Integer::intValue).sum(),
                    terminal);
            progress.show(counts);
            if (!advanced) {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
            }
        }
    }

    private UploadedDocument look(UploadedDocument document) {
        JsonNode now = ServiceClient.patiently(
                PATIENCE, () -> ingest.get("/v1/documents/" + document.documentId(), Map.of()), progress::waits);
        return UploadedDocument.of(document.externalId(), document.sentAt(), now, document.unchanged());
    }

    private UploadedDocument send(UploadFile file) {
        try (InputStream content = Files.newInputStream(file.path())) {
            content.read(); // later it would look like a broken connection, which is tried again for minutes
        } catch (IOException e) {
            return UploadedDocument.refused(file.externalId(), "cannot be read: " + e);
        }
        Instant sentAt = Instant.now();
        try {
            // Repeating is safe: the same bytes under the same identity are one version.
            JsonNode answer = ServiceClient.patiently(PATIENCE, () -> post(file), progress::waits);
            return UploadedDocument.of(
                    file.externalId(), sentAt, answer, answer.path("unchanged").asBoolean(false));
        } catch (CommandFailedException | UncheckedIOException e) {
            return UploadedDocument.refused(file.externalId(), String.valueOf(e.getMessage()));
        }
    }

    private JsonNode post(UploadFile file) {
        String boundary = "kb-" + UUID.randomUUID();
        String head = field(boundary, "externalId", file.externalId())
                + "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\""
                + file.path().getFileName().toString().replace("\\", "%5C").replace("\"", "%22")
                + "\"\r\nContent-Type: " + type(file) + "\r\n\r\n";
        try {
            BodyPublisher body = BodyPublishers.concat(
                    BodyPublishers.ofString(head),
                    BodyPublishers.ofFile(file.path()),
                    BodyPublishers.ofString("\r\n--" + boundary + "--\r\n"));
            return ingest.post("/v1/documents", "multipart/form-data; boundary=" + boundary, body);
        } catch (FileNotFoundException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String field(String boundary, String name, String value) {
        return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name
                + "\"\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n" + value + "\r\n";
    }

    private static String type(UploadFile file) {
        try {
            String type = Files.probeContentType(file.path());
            return type == null ? "application/octet-stream" : type;
        } catch (IOException e) {
            return "application/octet-stream";
        }
    }
}
