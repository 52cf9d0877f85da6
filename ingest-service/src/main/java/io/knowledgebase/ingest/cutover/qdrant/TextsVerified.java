package io.knowledgebase.ingest.cutover.qdrant;

import java.util.List;

/**
 * Whether the text of every kept point is in its document, and that can be found.
 *
 * @param found points whose text is there, character by character
 * @param missing points whose text is not
 * @param changedHere points of documents that somebody has changed or deleted here since
 * @param notIndexed documents that are not found by searches: on their way, or failed
 * @param unsettled points of which it is not known what has become of them
 * @param examples ids of points of the second kind
 */
public record TextsVerified(
        long documents,
        long notIndexed,
        long found,
        long missing,
        long changedHere,
        long unsettled,
        List<String> examples) {

    public boolean isComplete() {
        return missing == 0 && notIndexed == 0 && unsettled == 0;
    }
}
