package io.knowledgebase.ingest.document;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which of a user's documents to list, newest first.
 *
 * @param sourceTypes empty for any
 * @param text part of the title or of the external id, in any case; empty for any
 * @param after where the page before ended
 */
record DocumentFilter(
        Set<DocumentStatus> statuses,
        Set<String> sourceTypes,
        String text,
        int limit,
        @Nullable Cursor after) {

    DocumentFilter {
        statuses = Set.copyOf(statuses);
        sourceTypes = Set.copyOf(sourceTypes);
    }
}
