package io.knowledgebase.search.context;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A block of text for a prompt, and where its passages come from.
 *
 * @param tokens word pieces of the context
 */
record ContextAnswer(
        String context, List<Citation> citations, int tokens, int generation, long tookMs, List<String> warnings) {

    /**
     * @param number as in {@code [1]} in the context
     * @param chunkIds chunks that were joined, in the order of the document
     */
    record Citation(
            int number,
            UUID documentId,
            String externalId,
            List<String> chunkIds,
            @Nullable String title,
            @Nullable String section,
            @Nullable Integer page,
            @Nullable String sourceUrl) {}
}
