package io.knowledgebase.search.search;

import io.knowledgebase.vectorizer.TermVector;
import java.util.HashMap;
import java.util.Map;

/** A query's terms, each weighted by its frequency in the query and its rarity in the user's chunks. */
record WeightedTerms(Map<Integer, Double> weights) {

    static final int DIMENSION = TermVector.MAXIMUM_ID;
    static final WeightedTerms NONE = new WeightedTerms(Map.of());

    WeightedTerms {
        weights = Map.copyOf(weights);
    }

    /**
     * BM25's idf, ln(1 + (N − df + .5) / (df + .5)). Terms that no chunk has are left out.
     *
     * @param chunks N: the user's chunks
     * @param frequencies df: how many of them have each term
     */
    static WeightedTerms of(TermVector query, long chunks, Map<Integer, Long> frequencies) {
        Map<Integer, Double> weights = new HashMap<>();
        int[] ids = query.ids();
        float[] counts = query.weights();
        for (int i = 0; i < ids.length; i++) {
            long frequency = frequencies.getOrDefault(ids[i], 0L);
            if (frequency > 0) {
                long all = Math.max(chunks, frequency);
                weights.put(ids[i], counts[i] * Math.log(1 + (all - frequency + .5) / (frequency + .5)));
            }
        }
        return new WeightedTerms(weights);
    }

    int[] ids() {
        return weights.keySet().stream().mapToInt(Integer::intValue).sorted().toArray();
    }

    boolean isEmpty() {
        return weights.isEmpty();
    }
}
