package io.knowledgebase.search.search;

/**
 * A chunk that a leg proposes, with the exact scores of both.
 *
 * @param rowId the chunk's row, for reading its text
 * @param denseScore cosine; 0 if the search does not go by meaning
 * @param lexicalScore BM25; 0 if the search does not go by words
 */
record Candidate(
        long rowId,
        String chunkId,
        double denseScore,
        double lexicalScore,
        boolean fromDense,
        boolean fromLexical,
        boolean visible) {}
