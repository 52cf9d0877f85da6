package io.knowledgebase.search.search;

import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Orders candidates by a weighted sum of both legs' z-scores. The weight of the dense leg adapts to how well the model's
 * vocabulary knows the query: a script of which each letter is a piece of its own is one that the model cannot read.
 */
final class Fusion {

    private static final double MOST_DENSE_WEIGHT = .6;
    private static final double UNREADABLE_CHARACTERS_PER_PIECE = 1.5;
    private static final double READABLE_CHARACTERS_PER_PIECE = 3.5;

    private Fusion() {}

    /** Weight of the dense leg, 0 to .6. */
    static double denseWeight(int characters, int wordPieces) {
        double perPiece = wordPieces == 0 ? 0 : (double) characters / wordPieces;
        double readable = (perPiece - UNREADABLE_CHARACTERS_PER_PIECE)
                / (READABLE_CHARACTERS_PER_PIECE - UNREADABLE_CHARACTERS_PER_PIECE);
        return MOST_DENSE_WEIGHT * Math.max(0, Math.min(1, readable));
    }

    /** Best first; equals are ordered by chunk id. Without any lexical match the dense leg decides alone. */
    static List<Ranked> fuse(List<Candidate> candidates, double denseWeight) {
        boolean lexical = candidates.stream().anyMatch(candidate -> candidate.lexicalScore() > 0);
        double weight = lexical ? denseWeight : 1;
        Spread dense = Spread.of(candidates, Candidate::denseScore);
        Spread words = Spread.of(candidates, Candidate::lexicalScore);
        return rank(
                candidates,
                candidate -> weight * dense.zScore(candidate.denseScore())
                        + (1 - weight) * words.zScore(candidate.lexicalScore()));
    }

    /** Best first by one score; equals are ordered by chunk id. */
    static List<Ranked> rank(List<Candidate> candidates, ToDoubleFunction<Candidate> score) {
        return candidates.stream()
                .map(candidate -> new Ranked(candidate, score.applyAsDouble(candidate)))
                .sorted(Comparator.comparingDouble(Ranked::score)
                        .reversed()
                        .thenComparing(ranked -> ranked.candidate().chunkId()))
                .toList();
    }

    record Ranked(Candidate candidate, double score) {}

    /** Mean and standard deviation of a leg's scores over all candidates. */
    private record Spread(double mean, double deviation) {

        /** Below this, differences are rounding of 32-bit floats. */
        private static final double NO_DEVIATION = 1e-9;

        static Spread of(List<Candidate> candidates, ToDoubleFunction<Candidate> score) {
            double mean = candidates.stream().mapToDouble(score).average().orElse(0);
            double variance = candidates.stream()
                    .mapToDouble(score)
                    .map(value -> (value - mean) * (value - mean))
                    .average()
                    .orElse(0);
            return new Spread(mean, Math.sqrt(variance));
        }

        double zScore(double value) {
            return deviation < NO_DEVIATION ? 0 : (value - mean) / deviation;
        }
    }
}
