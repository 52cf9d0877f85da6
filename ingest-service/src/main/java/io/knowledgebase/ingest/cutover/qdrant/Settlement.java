package io.knowledgebase.ingest.cutover.qdrant;

import io.knowledgebase.ingest.cutover.qdrant.ImportedStore.Here;
import io.knowledgebase.ingest.cutover.qdrant.ImportedStore.Imported;
import io.knowledgebase.ingest.cutover.qdrant.PointStore.Placed;
import io.knowledgebase.ingest.cutover.qdrant.PointStore.Round;
import io.knowledgebase.ingest.cutover.qdrant.PointStore.SourceKey;
import io.knowledgebase.ingest.cutover.qdrant.regroup.Edited;
import io.knowledgebase.ingest.cutover.qdrant.regroup.Reason;
import io.knowledgebase.ingest.cutover.qdrant.regroup.Regrouped;
import io.knowledgebase.ingest.cutover.qdrant.regroup.Regrouped.Assembled;
import io.knowledgebase.ingest.document.Accepted;
import io.knowledgebase.ingest.document.Documents;
import io.knowledgebase.ingest.document.Submission;
import io.knowledgebase.ingest.notion.PageId;
import io.knowledgebase.schemas.DocumentId;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes documents of the points of a source: in one transaction with what becomes of each point, so that a repeat finds
 * nothing to do. What is here and is not as the import has left it is somebody's, and stays.
 */
final class Settlement {

    private static final Logger LOG = LoggerFactory.getLogger(Settlement.class);

    private final PointStore points;
    private final ImportedStore imported;
    private final Documents documents;

    Settlement(PointStore points, ImportedStore imported, Documents documents) {
        this.points = points;
        this.imported = imported;
        this.documents = documents;
    }

    void settle(Round round, SourceKey key) {
        int kept = points.atomically(() -> {
            List<Placed> placed = points.chunks(round, key);
            boolean isPage = key.sourceType().equals(PageId.SOURCE_TYPE);
            var chunks = placed.stream().map(Placed::chunk).toList();
            Regrouped regrouped = isPage ? Regrouped.page(chunks) : Regrouped.uploads(chunks);
            Map<String, Reason> reasons = new TreeMap<>(regrouped.left());
            Map<String, UUID> places = new TreeMap<>();
            if (!regrouped.documents().isEmpty()) {
                imported.ensureUser(key.owner());
            }
            List<String> names = isPage ? List.of(key.source()) : fileNames(round, key, regrouped.documents(), placed);
            imported.lock(names.stream()
                    .map(name -> DocumentId.of(key.owner(), key.sourceType(), name))
                    .toList());
            for (int i = 0; i < regrouped.documents().size(); i++) {
                Assembled document = regrouped.documents().get(i);
                Submission submission = ImportedText.submission(key, names.get(i), document);
                Optional<Reason> refusal =
                        publish(key, submission, document, regrouped.documents().size());
                document.chunks().forEach(chunk -> {
                    if (refusal.isPresent()) {
                        reasons.put(chunk.pointId(), refusal.get());
                    } else {
                        places.put(chunk.pointId(), submission.documentId());
                    }
                });
            }
            points.settle(round, key, places, reasons);
            return places.size();
        });
        LOG.debug("event=qdrant-source-settled sourceType={} points={}", key.sourceType(), kept);
    }

    /** Deletes documents that nothing is left of in Qdrant. */
    void deleteWithoutPoints() {
        for (Imported document : imported.withoutPoints()) {
            points.atomically(() -> {
                imported.lock(List.of(document.documentId()));
                boolean ours = imported.here(document.documentId())
                        .map(here -> here.version() == document.version() && !here.deleted())
                        .orElse(false);
                if (ours) {
                    documents.delete(document.key().owner(), document.documentId());
                    imported.deleted(document.documentId());
                    points.count(0, 0, 1);
                }
                return ours;
            });
        }
    }

    /**
     * Names of documents of one source, in their order. A document keeps the name that most of its points have been under;
     * new ones get the next that is free.
     */
    private List<String> fileNames(Round round, SourceKey key, List<Assembled> assembled, List<Placed> placed) {
        Map<UUID, String> known = imported.sourceIds(key);
        Map<String, String> before = new HashMap<>();
        placed.forEach(point -> {
            String name = point.documentId() == null ? null : known.get(point.documentId());
            if (name != null) {
                before.put(point.chunk().pointId(), name);
            }
        });
        Set<String> taken = new HashSet<>();
        List<Optional<String>> kept = assembled.stream()
                .map(document -> mostly(document, before).filter(taken::add))
                .toList();
        return kept.stream()
                .map(name -> name.orElseGet(() -> nextFree(round, key, taken)))
                .toList();
    }

    private static Optional<String> mostly(Assembled document, Map<String, String> before) {
        Map<String, Long> votes = document.chunks().stream()
                .map(chunk -> before.getOrDefault(chunk.pointId(), ""))
                .filter(name -> !name.isEmpty())
                .collect(Collectors.groupingBy(name -> name, TreeMap::new, Collectors.counting()));
        return votes.entrySet().stream().max(Map.Entry.comparingByValue()).map(Map.Entry::getKey);
    }

    private String nextFree(Round round, SourceKey key, Set<String> taken) {
        if (taken.add(key.source())) {
            return key.source();
        }
        for (int number = 2; ; number++) {
            String name = ImportedText.numbered(key.source(), number);
            if (!points.hasSource(round, new SourceKey(key.owner(), key.sourceType(), name)) && taken.add(name)) {
                return name;
            }
        }
    }

    /** Why it is not published; empty if it is, or was before. */
    private Optional<Reason> publish(SourceKey key, Submission submission, Assembled document, int chains) {
        UUID id = submission.documentId();
        Optional<Here> here = imported.here(id);
        Optional<Imported> before = imported.find(id);
        boolean ours = here.isEmpty()
                || (before.isPresent() && before.get().version() == here.get().version());
        byte[] digest = ImportedText.digest(submission);
        if (!ours && !isOlder(submission, here.get(), document)) {
            return Optional.of(refusal(submission, here.get(), before.isPresent()));
        }
        int version;
        if (ours
                && here.isPresent()
                && !here.get().deleted()
                && Arrays.equals(digest, before.orElseThrow().digest())) {
            version = here.get().version();
        } else {
            Accepted accepted = documents.accept(List.of(submission)).get(0);
            version = accepted.version();
            boolean added = here.isEmpty() || here.get().deleted();
            points.count(added ? 1 : 0, added ? 0 : 1, 0);
        }
        imported.save(new Imported(
                id,
                key,
                submission.sourceId(),
                version,
                digest,
                chains,
                document.copies(),
                document.ambiguous(),
                document.joined().withoutOverlap(),
                document.joined().boundaries(),
                document.joined().missingChunks()));
        return Optional.empty();
    }

    /** Whether what is here is a Notion page's earlier state. */
    private static boolean isOlder(Submission submission, Here here, Assembled document) {
        Instant edited = Edited.of(document.chunks().get(0).edited());
        Instant modified = Edited.of(here.modified());
        return submission.sourceType().equals(PageId.SOURCE_TYPE)
                && !here.deleted()
                && modified.isAfter(Instant.MIN)
                && edited.isAfter(modified);
    }

    private static Reason refusal(Submission submission, Here here, boolean wasImported) {
        if (here.deleted()) {
            return Reason.DELETED_HERE;
        }
        if (submission.sourceType().equals(PageId.SOURCE_TYPE)) {
            return Reason.NEWER_HERE;
        }
        return wasImported ? Reason.CHANGED_HERE : Reason.KEPT_HERE;
    }
}
