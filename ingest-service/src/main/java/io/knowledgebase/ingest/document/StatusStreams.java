package io.knowledgebase.ingest.document;

import static java.util.function.Function.identity;
import static java.util.stream.Collectors.toMap;
import static java.util.stream.Collectors.toSet;

import io.knowledgebase.schemas.problem.Problem;
import io.knowledgebase.schemas.problem.ProblemAdvice;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.http.MediaType;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * Open event streams of documents: one thread looks at all of their documents with one query. As a lifecycle bean it
 * completes the streams before the web server waits for its last requests.
 */
final class StatusStreams implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(StatusStreams.class);

    private final DocumentStore store;
    private final DocumentSettings settings;
    private final Set<Stream> streams = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "status-streams");
        thread.setDaemon(true);
        return thread;
    });
    private volatile boolean running;
    private boolean databaseAway;

    StatusStreams(DocumentStore store, DocumentSettings settings) {
        this.store = store;
        this.settings = settings;
    }

    /** A stream that begins with the given state and ends with a terminal one. */
    SseEmitter open(DocumentView current) {
        if (streams.size() >= settings.watchLimit()) {
            throw Problem.unavailable("All " + settings.watchLimit()
                    + " event streams are taken; ask for the document's status instead.");
        }
        SseEmitter emitter = new SseEmitter(settings.watchTimeout().toMillis());
        Stream stream = new Stream(emitter, current.documentId(), settings.heartbeat());
        emitter.onCompletion(() -> streams.remove(stream));
        emitter.onTimeout(emitter::complete);
        if (!stream.show(current)) {
            streams.add(stream);
        }
        return emitter;
    }

    int size() {
        return streams.size();
    }

    private void look() {
        if (streams.isEmpty()) {
            return;
        }
        try {
            show(streams, streams.stream().map(Stream::documentId).collect(toSet()));
            databaseAway = false;
        } catch (RuntimeException e) { // the schedule would end with it
            if (ProblemAdvice.isAway(e)) {
                if (!databaseAway) {
                    LOG.warn("event=status-unknown streams={} cause=\"{}\"", streams.size(), e.getMessage());
                }
                databaseAway = true;
                streams.removeIf(stream -> !stream.keepAlive());
            } else {
                streams.forEach(this::showAlone);
            }
        }
    }

    private void show(Collection<Stream> some, Set<UUID> documentIds) {
        Map<UUID, DocumentView> documents =
                store.read(null, documentIds).stream().collect(toMap(DocumentView::documentId, identity()));
        for (Stream stream : some) {
            DocumentView document = documents.get(stream.documentId());
            if (document != null && stream.show(document)) {
                streams.remove(stream);
            }
        }
    }

    /** A document that cannot be read or shown ends its own streams only. */
    private void showAlone(Stream stream) {
        try {
            show(Set.of(stream), Set.of(stream.documentId()));
        } catch (RuntimeException e) {
            if (!ProblemAdvice.isAway(e)) {
                LOG.error("event=status-unreadable documentId={}", stream.documentId(), e);
                streams.remove(stream);
                stream.emitter.complete();
            }
        }
    }

    @Override
    public void start() {
        running = true;
        long interval = settings.watchInterval().toMillis();
        var unused = executor.scheduleWithFixedDelay(this::look, interval, interval, TimeUnit.MILLISECONDS);
    }

    @Override
    public void stop() {
        running = false;
        executor.shutdown();
        streams.forEach(stream -> stream.emitter.complete());
        streams.clear();
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** One client that watches one document; used by one thread at a time. */
    private static final class Stream {

        private final SseEmitter emitter;
        private final UUID documentId;
        private final Duration heartbeat;
        private @Nullable DocumentView shown;
        private long sentNanos = System.nanoTime();

        Stream(SseEmitter emitter, UUID documentId, Duration heartbeat) {
            this.emitter = emitter;
            this.documentId = documentId;
            this.heartbeat = heartbeat;
        }

        UUID documentId() {
            return documentId;
        }

        /** Sends the document if it changed; true if nothing will follow. */
        boolean show(DocumentView document) {
            if (document.equals(shown)) {
                return !keepAlive();
            }
            if (!send(SseEmitter.event().name("status").data(document, MediaType.APPLICATION_JSON))) {
                return true;
            }
            shown = document;
            if (document.status().isTerminal()) {
                emitter.complete();
            }
            return document.status().isTerminal();
        }

        /** False if the client is gone. */
        boolean keepAlive() {
            return System.nanoTime() - sentNanos < heartbeat.toNanos()
                    || send(SseEmitter.event().comment("waiting"));
        }

        private boolean send(SseEmitter.SseEventBuilder event) {
            try {
                emitter.send(event);
                sentNanos = System.nanoTime();
                return true;
            } catch (IOException | IllegalStateException clientIsGone) {
                return false;
            }
        }
    }
}
