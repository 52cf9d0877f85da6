package io.knowledgebase.vectorizer;

import java.util.Arrays;

/**
 * A sparse vector of terms: what pgvector's {@code sparsevec} and an {@code int[]} column of term ids hold.
 *
 * @param ids term ids, strictly ascending, each in 1..{@value #MAXIMUM_ID}
 * @param weights one finite weight above zero per id
 */
@SuppressWarnings("ArrayRecordComponent") // copied on the way in and out, compared by content
public record TermVector(int[] ids, float[] weights) {

    /** The greatest dimension that pgvector's {@code sparsevec} can have. */
    public static final int MAXIMUM_ID = 1_000_000_000;

    public TermVector {
        if (ids.length != weights.length) {
            throw new IllegalArgumentException(ids.length + " ids but " + weights.length + " weights");
        }
        ids = ids.clone();
        weights = weights.clone();
        int previous = 0;
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] <= previous || ids[i] > MAXIMUM_ID) {
                throw new IllegalArgumentException("id " + ids[i] + " after " + previous);
            }
            if (!(weights[i] > 0) || weights[i] == Float.POSITIVE_INFINITY) {
                throw new IllegalArgumentException("weight " + weights[i] + " of id " + ids[i]);
            }
            previous = ids[i];
        }
    }

    @Override
    public int[] ids() {
        return ids.clone();
    }

    @Override
    public float[] weights() {
        return weights.clone();
    }

    public int size() {
        return ids.length;
    }

    public boolean isEmpty() {
        return ids.length == 0;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TermVector vector
                && Arrays.equals(ids, vector.ids)
                && Arrays.equals(weights, vector.weights);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(ids) + Arrays.hashCode(weights);
    }

    @Override
    public String toString() {
        return "TermVector[ids=" + Arrays.toString(ids) + ", weights=" + Arrays.toString(weights) + "]";
    }
}
