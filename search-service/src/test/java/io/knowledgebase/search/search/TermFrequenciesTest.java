package io.knowledgebase.search.search;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.search.search.TermFrequencies.IndexState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TermFrequenciesTest {

    private static final IndexState STATE = new IndexState(1, 10, 100, Instant.EPOCH);

    private final TermFrequencies frequencies = new TermFrequencies();
    private final List<Integer> counted = new ArrayList<>();

    @Test
    void termsAreCountedOncePerStateOfTheIndex() {
        assertThat(of("anna", STATE, 1, 2)).isEqualTo(Map.of(1, 10L, 2, 20L));
        assertThat(of("anna", STATE, 2, 3)).isEqualTo(Map.of(2, 20L, 3, 30L));

        assertThat(counted).containsExactly(1, 2, 3);
    }

    @Test
    void anyChangeOfTheIndexForgetsThem() {
        for (IndexState changed : List.of(
                STATE,
                new IndexState(2, 10, 100, Instant.EPOCH),
                new IndexState(2, 11, 100, Instant.EPOCH),
                new IndexState(2, 11, 101, Instant.EPOCH),
                new IndexState(2, 11, 101, Instant.EPOCH.plusMillis(1)))) {
            of("anna", changed, 1);
        }

        assertThat(counted).containsExactly(1, 1, 1, 1, 1);
    }

    @Test
    void usersDoNotShareThem() {
        of("anna", STATE, 1);
        of("bert", STATE, 1);

        assertThat(counted).containsExactly(1, 1);
    }

    private Map<Integer, Long> of(String user, IndexState state, int... terms) {
        return frequencies.of(user, state, terms, unknown -> {
            Map<Integer, Long> counts = new HashMap<>();
            Arrays.stream(unknown).forEach(term -> {
                counted.add(term);
                counts.put(term, term * 10L);
            });
            return counts;
        });
    }
}
