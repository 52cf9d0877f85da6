package io.knowledgebase.ingest.cutover;

import io.knowledgebase.ingest.cutover.qdrant.ImportResult;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that is known of a move, for those who have to prove what became of each row.
 *
 * @param verifications all of them
 * @param quarantine rows that PostgreSQL could not take, 10,000 at the most; the status has their number
 * @param notTakenBack rows that the file could not take as they are, 10,000 at the most
 * @param newDocuments that were added or changed since the cutover and that neither SQLite nor Qdrant can take back,
 *     10,000 at the most
 * @param qdrant what has become of its points, if they are imported
 */
record Evidence(
        Instant at,
        Cutover.Status status,
        List<CutoverStore.Verified> verifications,
        List<CutoverStore.Aside> quarantine,
        List<CutoverStore.Aside> notTakenBack,
        List<CutoverStore.NewDocument> newDocuments,
        @Nullable ImportResult qdrant) {}
