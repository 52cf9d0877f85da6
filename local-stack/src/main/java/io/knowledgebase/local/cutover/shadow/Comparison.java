package io.knowledgebase.local.cutover.shadow;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What both searches answer to a question, the best first. */
record Comparison(Question question, List<Passage> old, List<Passage> now) {

    /** Which part of the old answer's documents the new one has, too; 0 to 1. */
    double documents() {
        Set<String> wanted = documents(old);
        Set<String> found = documents(now);
        return share(wanted.stream().filter(found::contains).count(), wanted.size());
    }

    /** Which part of the old answer's passages the new one has, too; 0 to 1. */
    double passages() {
        return share(old.size() - missing().size(), old.size());
    }

    /** Passages of the old answer that the new one lacks. */
    List<Passage> missing() {
        return old.stream().filter(passage -> !passage.isAmong(now)).toList();
    }

    /** Passages that only the new one has. */
    List<Passage> added() {
        return now.stream().filter(passage -> !passage.isAmong(old)).toList();
    }

    private static Set<String> documents(List<Passage> passages) {
        return passages.stream().map(Passage::documentId).collect(Collectors.toSet());
    }

    private static double share(long part, long all) {
        return all == 0 ? 1 : (double) part / all;
    }
}
