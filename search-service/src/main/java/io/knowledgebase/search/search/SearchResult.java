package io.knowledgebase.search.search;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A passage that was found.
 *
 * @param externalId the id that the document's owner gave it
 * @param score what results are ordered by: the fused score, or that of the only leg
 * @param denseScore cosine, -1 to 1; null if the search did not go by meaning
 * @param lexicalScore BM25, 0 without a common word; null if the search did not go by words
 * @param section headings above the passage, outermost first, joined by {@code " › "}
 * @param page page the passage begins on, from 1
 * @param chunkIndex position of the passage in its document, from 0
 */
public record SearchResult(
        String chunkId,
        UUID documentId,
        String externalId,
        String text,
        double score,
        @Nullable Double denseScore,
        @Nullable Double lexicalScore,
        @Nullable String title,
        @Nullable String section,
        @Nullable Integer page,
        String sourceType,
        @Nullable String sourceUrl,
        int chunkIndex) {}
