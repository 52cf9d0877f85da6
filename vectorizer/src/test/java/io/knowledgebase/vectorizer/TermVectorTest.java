package io.knowledgebase.vectorizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TermVectorTest {

    @Test
    void equalsByContent() {
        TermVector vector = new TermVector(new int[] {1, 7}, new float[] {.5f, 2});
        assertThat(vector)
                .isEqualTo(new TermVector(new int[] {1, 7}, new float[] {.5f, 2}))
                .hasSameHashCodeAs(new TermVector(new int[] {1, 7}, new float[] {.5f, 2}))
                .isNotEqualTo(new TermVector(new int[] {1, 8}, new float[] {.5f, 2}))
                .isNotEqualTo(new TermVector(new int[] {1, 7}, new float[] {.5f, 3}))
                .hasToString("TermVector[ids=[1, 7], weights=[0.5, 2.0]]");
    }

    @Test
    void arraysAreCopiedInAndOut() {
        int[] ids = {1};
        float[] weights = {2};
        TermVector vector = new TermVector(ids, weights);
        ids[0] = 9;
        weights[0] = 9;
        vector.ids()[0] = 9;
        vector.weights()[0] = 9;
        assertThat(vector).isEqualTo(new TermVector(new int[] {1}, new float[] {2}));
    }

    @Test
    void idsAscendWithinTheDimensionsOfSparsevec() {
        float[] weights = {1, 1};
        for (int[] ids : new int[][] {{2, 1}, {2, 2}, {0, 1}, {-1, 1}, {1, 1_000_000_001}}) {
            assertThatIllegalArgumentException().isThrownBy(() -> new TermVector(ids, weights));
        }
        assertThat(new TermVector(new int[] {1, 1_000_000_000}, weights).size()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(floats = {0, -1, Float.NaN, Float.POSITIVE_INFINITY})
    void weightsAreFiniteAndAboveZero(float weight) {
        assertThatIllegalArgumentException().isThrownBy(() -> new TermVector(new int[] {1}, new float[] {weight}));
    }

    @Test
    void everyIdHasOneWeight() {
        assertThatIllegalArgumentException().isThrownBy(() -> new TermVector(new int[] {1}, new float[0]));
    }
}
