package io.knowledgebase.ingest.cutover.qdrant.regroup;

import java.util.List;

/**
 * All chunks of one upload, or of one sync of a page, in their order.
 *
 * @param copies the same once more, each with points of its own
 */
record Chain(List<LegacyChunk> chunks, List<LegacyChunk> copies) {

    int timesThere() {
        return 1 + copies.size() / chunks.size();
    }
}
