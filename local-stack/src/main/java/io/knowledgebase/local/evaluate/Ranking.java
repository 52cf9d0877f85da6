package io.knowledgebase.local.evaluate;

import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** The measures of a ranked list of documents, as trec_eval defines them. */
final class Ranking {

    private Ranking() {}

    /** nDCG at {@code depth}: gain is the grade, discount the binary logarithm of rank + 1. */
    static double ndcg(List<String> ranked, Map<String, Integer> relevance, int depth) {
        double ideal = discounted(relevance.values().stream()
                .sorted(Comparator.reverseOrder())
                .limit(depth)
                .toList());
        double gained = discounted(ranked.stream()
                .limit(depth)
                .map(document -> relevance.getOrDefault(document, 0))
                .toList());
        return ideal == 0 ? 0 : gained / ideal;
    }

    /** The share of the relevant documents among the first {@code depth}. */
    static double recall(List<String> ranked, Map<String, Integer> relevance, int depth) {
        long found = ranked.stream().limit(depth).filter(relevance::containsKey).count();
        return relevance.isEmpty() ? 0 : (double) found / relevance.size();
    }

    private static double discounted(List<Integer> grades) {
        double sum = 0;
        for (int i = 0; i < grades.size(); i++) {
            sum += grades.get(i) / (Math.log(i + 2) / Math.log(2));
        }
        return sum;
    }
}
