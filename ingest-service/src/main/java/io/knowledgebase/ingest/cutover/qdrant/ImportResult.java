package io.knowledgebase.ingest.cutover.qdrant;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.knowledgebase.ingest.cutover.qdrant.regroup.Reason;
import java.time.Instant;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What has become of a collection's points.
 *
 * @param round how often the collection was read
 * @param finished whether this round is at its end; before that not all points are settled
 * @param points that Qdrant has
 * @param documents that were made of them
 * @param kept points that are in a document
 * @param unsettled points of which it is not known yet what becomes of them
 * @param notKept the others, by the code of their {@link Reason}
 * @param changes what this round has found and done
 * @param cleaned kept points whose text had U+0000, which stands as U+FFFD in the document; the payload is kept aside
 * @param unowned points without an owner of their own
 * @param unownedTo who got them; null if they were left out
 * @param users the first users in the order of their ids
 */
public record ImportResult(
        String collection,
        int round,
        boolean finished,
        Instant begunAt,
        @Nullable Instant finishedAt,
        long points,
        long documents,
        long kept,
        long unsettled,
        SortedMap<String, NotKept> notKept,
        Changes changes,
        Separated separated,
        Joints joints,
        Gaps gaps,
        long cleaned,
        long unowned,
        @Nullable String unownedTo,
        List<UserPoints> users) {

    /** Whether every point is in exactly one document or has exactly one reason. */
    @JsonProperty
    public boolean addsUp() {
        return unsettled == 0
                && points
                        == kept
                                + notKept.values().stream()
                                        .mapToLong(NotKept::points)
                                        .sum();
    }

    /** Whether this round has found the collection as the one before it had left it. */
    public boolean isStable() {
        return finished && changes.isNone();
    }

    /**
     * Points that are in no document.
     *
     * @param examples ids of some of them
     */
    public record NotKept(long points, List<String> examples) {}

    /** What is otherwise than after the round before. */
    public record Changes(
            long pointsRead,
            long pointsAdded,
            long pointsChanged,
            long pointsGone,
            long documentsAdded,
            long documentsChanged,
            long documentsDeleted) {

        boolean isNone() {
            return pointsAdded == 0
                    && pointsChanged == 0
                    && pointsGone == 0
                    && documentsAdded == 0
                    && documentsChanged == 0
                    && documentsDeleted == 0;
        }
    }

    /**
     * Sources of which there are different uploads.
     *
     * @param examples owner and name of some of them
     * @param ambiguousDocuments of which chunks may as well belong to another of the same source
     */
    public record Separated(long sources, List<String> examples, long ambiguousDocuments) {}

    /**
     * Where chunks that follow each other have nothing in common, so that a line break joins them.
     *
     * @param withoutOverlap how often, other than at boundaries
     * @param boundaries how often a page or a block ends there
     * @param examples ids of documents that have the first
     */
    public record Joints(long withoutOverlap, long documents, long boundaries, List<String> examples) {}

    /**
     * Chunks that are not there although later ones are.
     *
     * @param examples ids of documents that lack some
     */
    public record Gaps(long chunks, long documents, List<String> examples) {}

    /** What of a user's points was kept. */
    public record UserPoints(String userId, long points, long kept, long documents) {}

    /** A point that is in no document. */
    public record Left(
            String pointId,
            Reason reason,
            @Nullable String owner,
            @Nullable String sourceType,
            @Nullable String source,
            @Nullable Integer chunkId) {}
}
