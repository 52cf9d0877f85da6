package io.knowledgebase.search.search;

import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Remembers how many of a user's chunks have a term for as long as nothing in the user's index changes: counting takes
 * a quarter of a search's time, and the same terms come again. Thread-safe; the least recently seen users are forgotten.
 */
final class TermFrequencies {

    private static final int REMEMBERED_USERS = 1_000;
    private static final int REMEMBERED_TERMS = 20_000;

    /** Changes with every document that is indexed anew or removed. */
    record IndexState(
            int generation,
            long documents,
            long chunks,
            @Nullable Instant lastIndexed) {}

    private record Counted(IndexState state, Map<Integer, Long> frequencies) {}

    private final Map<String, Counted> users = Collections.synchronizedMap(new LinkedHashMap<>(16, .75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Counted> eldest) {
            return size() > REMEMBERED_USERS;
        }
    });

    /** @param count asked for the terms that are not known, in the state that is given */
    Map<Integer, Long> of(String user, IndexState state, int[] terms, Function<int[], Map<Integer, Long>> count) {
        Counted counted = users.get(user);
        if (counted == null || !counted.state().equals(state)) {
            counted = new Counted(state, new ConcurrentHashMap<>());
            users.put(user, counted);
        }
        Map<Integer, Long> known = counted.frequencies();
        Map<Integer, Long> frequencies = new HashMap<>();
        for (int term : terms) {
            Long frequency = known.get(term);
            if (frequency != null) {
                frequencies.put(term, frequency);
            }
        }
        int[] unknown = Arrays.stream(terms)
                .filter(term -> !frequencies.containsKey(term))
                .toArray();
        if (unknown.length > 0) {
            Map<Integer, Long> missing = count.apply(unknown);
            frequencies.putAll(missing);
            if (known.size() + missing.size() > REMEMBERED_TERMS) {
                known.clear();
            }
            known.putAll(missing);
        }
        return frequencies;
    }
}
