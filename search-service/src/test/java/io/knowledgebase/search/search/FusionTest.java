package io.knowledgebase.search.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.knowledgebase.search.search.Fusion.Ranked;
import java.util.List;
import org.junit.jupiter.api.Test;

class FusionTest {

    @Test
    void readableQueriesWeighTheDenseLegWithSixTenths() {
        assertThat(Fusion.denseWeight(50, 10)).isEqualTo(.6);
        assertThat(Fusion.denseWeight(35, 10)).isEqualTo(.6);
    }

    @Test
    void halfReadableQueriesWeighInBetween() {
        assertThat(Fusion.denseWeight(30, 10)).isCloseTo(.45, within(1e-12));
        assertThat(Fusion.denseWeight(25, 10)).isCloseTo(.3, within(1e-12));
    }

    @Test
    void queriesOfUnknownLettersLeaveTheDenseLegOut() {
        assertThat(Fusion.denseWeight(11, 10)).isZero();
        assertThat(Fusion.denseWeight(15, 10)).isZero();
        assertThat(Fusion.denseWeight(3, 0)).isZero();
    }

    @Test
    void scoresAreWeightedSumsOfZScores() {
        List<Ranked> ranked = Fusion.fuse(List.of(candidate("a", .9, 0), candidate("b", .1, 4)), .6);

        // Two values are one standard deviation from their mean: z = ±1.
        assertThat(ids(ranked)).containsExactly("a", "b");
        assertThat(ranked.get(0).score()).isCloseTo(.6 - .4, within(1e-9));
        assertThat(ranked.get(1).score()).isCloseTo(-.6 + .4, within(1e-9));
    }

    @Test
    void zScoresAreOverAllCandidatesOfBothLegs() {
        List<Ranked> ranked = Fusion.fuse(List.of(candidate("a", 3, 1), candidate("b", 2, 1), candidate("c", 1, 1)), 1);

        double z = 1 / Math.sqrt(2. / 3);
        assertThat(ranked)
                .extracting(Ranked::score)
                .satisfiesExactly(
                        score -> assertThat(score).isCloseTo(z, within(1e-9)),
                        score -> assertThat(score).isCloseTo(0, within(1e-9)),
                        score -> assertThat(score).isCloseTo(-z, within(1e-9)));
    }

    @Test
    void withoutAnyCommonWordTheDenseLegDecides() {
        assertThat(ids(Fusion.fuse(List.of(candidate("a", .1, 0), candidate("b", .2, 0)), 0)))
                .containsExactly("b", "a");
    }

    @Test
    void aLegWithoutSpreadCountsNothing() {
        List<Ranked> ranked = Fusion.fuse(List.of(candidate("a", .5, 1), candidate("b", .5, 2)), .6);

        assertThat(ids(ranked)).containsExactly("b", "a");
        assertThat(ranked.get(0).score()).isCloseTo(.4, within(1e-9));
    }

    @Test
    void equalScoresAreOrderedByChunkId() {
        assertThat(ids(Fusion.fuse(List.of(candidate("b", .5, 1), candidate("c", .5, 1), candidate("a", .5, 1)), .6)))
                .containsExactly("a", "b", "c");
    }

    @Test
    void nothingFusesToNothing() {
        assertThat(Fusion.fuse(List.of(), .6)).isEmpty();
    }

    private static Candidate candidate(String id, double dense, double lexical) {
        return new Candidate(1, id, dense, lexical, true, true, true);
    }

    private static List<String> ids(List<Ranked> ranked) {
        return ranked.stream().map(each -> each.candidate().chunkId()).toList();
    }
}
