package io.knowledgebase.embed.embed;

import io.knowledgebase.embed.chunk.Chunk;
import io.knowledgebase.embed.chunk.Chunker;
import io.knowledgebase.embed.extract.ExtractedFile;
import io.knowledgebase.embed.extract.Extractor;
import io.knowledgebase.embed.extract.Extractor.Lane;
import io.knowledgebase.embed.extract.OutOfPatienceException;
import io.knowledgebase.embed.generation.FedGeneration;
import io.knowledgebase.embed.generation.Generation;
import io.knowledgebase.embed.parse.Extraction;
import io.knowledgebase.embed.parse.Extraction.Extracted;
import io.knowledgebase.embed.parse.Extraction.Rejected;
import io.knowledgebase.embed.turn.Claimant;
import io.knowledgebase.embed.turn.Turns.Turn;
import io.knowledgebase.schemas.DocumentId;
import io.knowledgebase.schemas.event.DocumentAccepted;
import io.knowledgebase.schemas.event.DocumentDeferred;
import io.knowledgebase.schemas.event.DocumentDeleted;
import io.knowledgebase.schemas.event.DocumentEmbedded;
import io.knowledgebase.schemas.event.DocumentRejected;
import io.knowledgebase.schemas.event.DocumentRemoved;
import io.knowledgebase.schemas.event.EmbeddedChunk;
import io.knowledgebase.schemas.event.Event;
import io.knowledgebase.vectorizer.DenseVectorizer;
import io.knowledgebase.vectorizer.SparseVectorizer;
import io.knowledgebase.vectorizer.TermVector;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does the work for one event: content, text, chunks, vectors. Safe for use by several threads. The same document may
 * be given any number of times: what it emits is the same, but for vectors that need not be computed again.
 */
final class DocumentEmbedder {

    private static final Logger LOG = LoggerFactory.getLogger(DocumentEmbedder.class);

    private final FedGeneration fed;
    private final Generation generation;
    private final DenseVectorizer model;
    private final DocumentStore store;
    private final Extractor extractor;
    private final Chunker chunker;
    private final EmbeddingPool pool;
    private final SparseVectorizer sparse;
    private final EmbedSettings settings;
    private final EmbedMetrics metrics;
    private final EmbedLimits limits;

    DocumentEmbedder(
            FedGeneration fed,
            DenseVectorizer model,
            DocumentStore store,
            Extractor extractor,
            Chunker chunker,
            EmbeddingPool pool,
            SparseVectorizer sparse,
            EmbedSettings settings,
            EmbedLimits limits,
            EmbedMetrics metrics) {
        this.fed = fed;
        this.generation = fed.generation();
        this.model = model;
        this.store = store;
        this.extractor = extractor;
        this.chunker = chunker;
        this.pool = pool;
        this.sparse = sparse;
        this.settings = settings;
        this.metrics = metrics;
        this.limits = limits;
    }

    /** Where the events of a document go, in order; blocks while too many are waiting to be sent. */
    interface Sink {

        /** False once nobody wants what it takes. */
        boolean isWanted();

        void emit(Event event) throws InterruptedException;
    }

    /** Emits what has become of the document; nothing if a newer version or attempt is on its way. */
    void embed(Event event, Sink sink) throws IOException, InterruptedException {
        Optional<DocumentRow> found = store.find(event.documentId());
        if (found.isEmpty()) {
            LOG.warn("event=unknown-document documentId={} version={}", event.documentId(), event.version());
            return;
        }
        DocumentRow row = found.get();
        if (row.deleted()) {
            sink.emit(new DocumentRemoved(
                    event.documentId(), row.userId(), generation.number(), row.version(), row.attempt()));
        } else if (row.isNewerThan(event.version(), event.attempt()) || event instanceof DocumentDeleted) {
            LOG.info(
                    "event=skipped documentId={} version={} attempt={} newerVersion={} newerAttempt={}",
                    event.documentId(),
                    event.version(),
                    event.attempt(),
                    row.version(),
                    row.attempt());
        } else if (row.isOlderThan(event.version(), event.attempt())) {
            metrics.countLostFuture();
            LOG.warn(
                    "event=ahead-of-documents documentId={} version={} attempt={} cause=\"PostgreSQL is older than Kafka;"
                            + " kb republish mends that\"",
                    event.documentId(),
                    event.version(),
                    event.attempt());
        } else if (event instanceof DocumentAccepted) {
            embed(event, Lane.FAST, row, sink);
        } else if (event instanceof DocumentDeferred deferred) {
            if (deferred.generation() == generation.number()) {
                embed(event, Lane.SLOW, row, sink);
            }
        } else {
            throw new IllegalArgumentException("not an event to embed: " + event.getClass());
        }
    }

    private void embed(Event event, Lane lane, DocumentRow row, Sink sink) throws IOException, InterruptedException {
        try (ExtractedFile extracted = extract(event, lane, row, sink)) {
            if (extracted == null) {
                LOG.info("event=content-gone documentId={} version={}", event.documentId(), event.version());
                return; // deleted or replaced since the row was read; that event is on its way
            }
            try (Turn turn = limits.document(claimant(event), extracted.bytes())) {
                Extraction extraction = extracted.read();
                if (extraction instanceof Rejected rejected) {
                    sink.emit(new DocumentRejected(
                            event.documentId(),
                            row.userId(),
                            generation.number(),
                            event.version(),
                            event.attempt(),
                            rejected.reason(),
                            rejected.detail()));
                } else {
                    vectorize(event, prepare(event, row, (Extracted) extraction), sink);
                }
            }
        } catch (OutOfPatienceException e) {
            LOG.info("event=deferred documentId={} version={}", event.documentId(), event.version());
            sink.emit(new DocumentDeferred(
                    event.documentId(), row.userId(), generation.number(), event.version(), event.attempt()));
        }
    }

    /** People wait for what they search. */
    private Claimant claimant(Event event) {
        return new Claimant(event.userId(), !fed.isLive());
    }

    /** A document that is cut and waits for its vectors. */
    private record Prepared(
            @Nullable String title, List<Chunk> chunks, Map<String, Object> metadata, List<String> warnings) {}

    private @Nullable ExtractedFile extract(Event event, Lane lane, DocumentRow row, Sink sink)
            throws IOException, InterruptedException, OutOfPatienceException {
        return metrics.timeExtraction(() -> extractor.extract(lane, claimant(event), row.fileName(), file -> {
            if (!sink.isWanted()) {
                throw new CancellationException();
            }
            try (OutputStream content = Files.newOutputStream(file)) {
                return store.copyContent(Objects.requireNonNull(row.contentSha256()), content);
            }
        }));
    }

    private Prepared prepare(Event event, DocumentRow row, Extracted extracted) throws InterruptedException {
        try (Turn turn = limits.chunking(claimant(event))) {
            return chunk(row, extracted);
        }
    }

    private Prepared chunk(DocumentRow row, Extracted extracted) {
        String title = row.title() == null ? extracted.title() : row.title();
        Chunker.Chunks chunks = chunker.chunk(title, extracted.blocks(), settings.maxChunks());
        List<String> warnings = new ArrayList<>(extracted.warnings());
        if (chunks.cut()) {
            warnings.add("The document was cut: its first " + settings.maxChunks() + " chunks were kept.");
        }
        return new Prepared(extracted.title(), chunks.chunks(), extracted.metadata(), warnings);
    }

    private void vectorize(Event event, Prepared prepared, Sink sink) throws InterruptedException {
        List<Chunk> chunks = prepared.chunks();
        Map<String, Integer> occurrences = new HashMap<>();
        Deque<Part> underWay = new ArrayDeque<>();
        Totals totals = new Totals();
        int parts = (chunks.size() + settings.partChunks() - 1) / settings.partChunks();
        for (int number = 0; number < parts; number++) {
            if (number > 0 && isObsolete(event)) {
                LOG.info("event=obsolete documentId={} version={}", event.documentId(), event.version());
                return;
            }
            int from = number * settings.partChunks();
            int to = Math.min(chunks.size(), from + settings.partChunks());
            underWay.add(begin(event, number, chunks.subList(from, to), occurrences));
            if (underWay.size() > 1) { // one part is computed while the one before it is packed
                emit(event, prepared, underWay.remove(), parts, totals, sink);
            }
        }
        while (!underWay.isEmpty()) {
            emit(event, prepared, underWay.remove(), parts, totals, sink);
        }
    }

    /** Replaced or deleted meanwhile: that event is on its way. */
    private boolean isObsolete(Event event) {
        return store.find(event.documentId())
                .map(row -> row.deleted() || row.isNewerThan(event.version(), event.attempt()))
                .orElse(true);
    }

    /** Chunks whose vectors are known or being computed. */
    private record Part(
            int number,
            List<Chunk> chunks,
            List<String> hashes,
            List<String> chunkIds,
            Map<String, float[]> known,
            Map<String, CompletableFuture<float[]>> computed) {}

    private static final class Totals {
        private int embedded;
        private int reused;
    }

    private Part begin(Event event, int number, List<Chunk> chunks, Map<String, Integer> occurrences) {
        List<String> hashes = chunks.stream().map(Chunk::textHash).toList();
        List<String> chunkIds = hashes.stream()
                .map(hash -> DocumentId.ofChunk(event.documentId(), hash, occurrences.merge(hash, 1, Integer::sum) - 1)
                        .toString())
                .toList();
        Map<String, float[]> known = store.knownVectors(generation, model, event.userId(), Set.copyOf(hashes));
        Map<String, CompletableFuture<float[]>> computed = new HashMap<>();
        for (int i = 0; i < chunks.size(); i++) {
            if (!known.containsKey(hashes.get(i))) {
                String text = chunks.get(i).embeddedText();
                computed.computeIfAbsent(hashes.get(i), hash -> pool.vectorize(claimant(event), model, text));
            }
        }
        return new Part(number, chunks, hashes, chunkIds, known, computed);
    }

    private void emit(Event event, Prepared prepared, Part part, int parts, Totals totals, Sink sink)
            throws InterruptedException {
        List<EmbeddedChunk> embedded = IntStream.range(0, part.chunks().size())
                .mapToObj(i -> embeddedChunk(part, i))
                .collect(Collectors.toList());
        totals.embedded += part.computed().size();
        totals.reused += part.chunks().size() - part.computed().size();
        metrics.countChunks(
                part.computed().size(), part.chunks().size() - part.computed().size());
        boolean last = part.number() == parts - 1;
        sink.emit(new DocumentEmbedded(
                event.documentId(),
                event.userId(),
                generation.number(),
                event.version(),
                event.attempt(),
                part.number(),
                last,
                prepared.chunks().size(),
                totals.embedded,
                totals.reused,
                prepared.title(),
                last ? prepared.metadata() : Map.of(),
                last ? prepared.warnings() : List.of(),
                embedded));
    }

    private EmbeddedChunk embeddedChunk(Part part, int i) {
        Chunk chunk = part.chunks().get(i);
        String hash = part.hashes().get(i);
        float[] vector = part.known().get(hash);
        if (vector == null) {
            vector = Objects.requireNonNull(part.computed().get(hash)).join();
        }
        TermVector terms = sparse.document(chunk.embeddedText());
        return new EmbeddedChunk(
                chunk.index(),
                part.chunkIds().get(i),
                chunk.text(),
                chunk.section(),
                chunk.page(),
                chunk.tokens(),
                hash,
                vector,
                terms.ids(),
                terms.weights());
    }
}
