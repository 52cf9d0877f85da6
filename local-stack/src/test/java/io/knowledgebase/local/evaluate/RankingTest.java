package io.knowledgebase.local.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RankingTest {

    @Test
    void perfectOrderIsOne() {
        assertThat(Ranking.ndcg(List.of("a", "b", "c"), Map.of("a", 2, "b", 1), 10))
                .isEqualTo(1.0);
    }

    @Test
    void laterRanksAreDiscounted() {
        double expected = (1 / (Math.log(3) / Math.log(2))) / (1.0);

        assertThat(Ranking.ndcg(List.of("x", "a"), Map.of("a", 1), 10)).isCloseTo(expected, within(1e-9));
    }

    @Test
    void whatComesAfterTheDepthDoesNotCount() {
        assertThat(Ranking.ndcg(List.of("x", "a"), Map.of("a", 1), 1)).isZero();
        assertThat(Ranking.recall(List.of("x", "a"), Map.of("a", 1), 1)).isZero();
    }

    @Test
    void recallIsTheShareOfTheRelevant() {
        assertThat(Ranking.recall(List.of("a", "x", "b"), Map.of("a", 1, "b", 1, "c", 1, "d", 1), 10))
                .isEqualTo(0.5);
    }
}
