package io.knowledgebase.embed.generation;

import io.knowledgebase.vectorizer.TextAnalysis;
import org.jspecify.annotations.Nullable;

/**
 * One way of indexing, as {@code index_generations} has it.
 *
 * @param modelDigest of the model's files; null until a service has loaded the model that came with the database
 * @param chunkTokens average length of a chunk in word pieces
 * @param overlapTokens word pieces that a chunk repeats of the one before, at the most
 * @param analysis how text becomes terms
 * @param averageTerms average number of terms in a chunk, the constant of BM25's length normalisation
 * @param freshVectors whether no vector of another generation is taken, because they are suspect
 */
public record Generation(
        int number,
        String model,
        @Nullable String modelDigest,
        int dimension,
        int chunkTokens,
        int overlapTokens,
        TextAnalysis analysis,
        float averageTerms,
        boolean freshVectors) {}
