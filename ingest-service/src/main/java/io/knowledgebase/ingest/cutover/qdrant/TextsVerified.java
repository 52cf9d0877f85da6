package io.knowledgebase.ingest.cutover.qdrant;

import java.util.List;

/**
 * Whether the text of every kept point is in its document.
 *
 * @param found points whose text is there, character by character
 * @param missing points whose text is not
 * @param changedHere points of documents that somebody has changed or deleted here since
 * @param unsettled points of which it is not known what has become of them
 * @param examples ids of points of the second kind
 */
public record TextsVerified(
        long documents, long found, long missing, long changedHere, long unsettled, List<String> examples) {

    public boolean isComplete() {
        return missing == 0 && unsettled == 0;
    }
}
