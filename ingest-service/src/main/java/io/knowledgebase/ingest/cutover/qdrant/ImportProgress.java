package io.knowledgebase.ingest.cutover.qdrant;

import java.time.Instant;

/**
 * How far a round of the import is.
 *
 * @param round how often the collection was read
 * @param phase {@code reading} points, {@code sorting} them into documents, or {@code done}
 * @param pointsThere how many Qdrant told of when the round began
 * @param changes what it has found and done so far
 * @param indexing of the documents that were made so far
 */
public record ImportProgress(
        String collection,
        int round,
        String phase,
        Instant begunAt,
        long pointsThere,
        ImportResult.Changes changes,
        Indexing indexing) {

    /**
     * Imported documents on their way to being found.
     *
     * @param waiting that are neither indexed nor failed yet
     * @param failed that cannot be indexed; their status tells why
     */
    public record Indexing(long waiting, long failed) {}
}
