package io.knowledgebase.search.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.knowledgebase.vectorizer.TermVector;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WeightedTermsTest {

    @Test
    void weightIsQueryFrequencyTimesRarity() {
        TermVector query = new TermVector(new int[] {5, 9}, new float[] {1, 2});

        WeightedTerms terms = WeightedTerms.of(query, 10, Map.of(5, 1L, 9, 10L));

        assertThat(terms.ids()).containsExactly(5, 9);
        assertThat(terms.weights().get(5)).isCloseTo(Math.log(1 + 9.5 / 1.5), within(1e-9));
        assertThat(terms.weights().get(9)).isCloseTo(2 * Math.log(1 + .5 / 10.5), within(1e-9));
    }

    @Test
    void wordsOfNoChunkAreLeftOut() {
        TermVector query = new TermVector(new int[] {5, 9}, new float[] {1, 1});

        assertThat(WeightedTerms.of(query, 10, Map.of(5, 3L, 9, 0L)).ids()).containsExactly(5);
        assertThat(WeightedTerms.of(query, 10, Map.of()).isEmpty()).isTrue();
    }

    @Test
    void weightsStayPositiveWhenChunksOfAnOldVersionAreCountedToo() {
        TermVector query = new TermVector(new int[] {5}, new float[] {1});

        assertThat(WeightedTerms.of(query, 10, Map.of(5, 12L)).weights().get(5)).isPositive();
    }
}
