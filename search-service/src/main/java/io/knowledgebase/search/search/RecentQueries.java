package io.knowledgebase.search.search;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Vectors of the latest queries that the HNSW index answered, by user; kept in memory alone, and of the users who
 * searched last. Safe for use by several threads.
 */
final class RecentQueries {

    static final int QUERIES = 10;
    private static final int USERS = 20;

    private final Map<String, Deque<Query>> byUser = new LinkedHashMap<>(16, .75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Deque<Query>> eldest) {
            return size() > USERS;
        }
    };

    /** What a query meant to the model of a generation. */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    record Query(int generation, float[] vector) {}

    synchronized void remember(String user, int generation, float[] vector) {
        Deque<Query> queries = byUser.computeIfAbsent(user, any -> new ArrayDeque<>());
        queries.addLast(new Query(generation, vector));
        if (queries.size() > QUERIES) {
            queries.removeFirst();
        }
    }

    synchronized Map<String, List<Query>> all() {
        Map<String, List<Query>> copy = new HashMap<>();
        byUser.forEach((user, queries) -> copy.put(user, List.copyOf(queries)));
        return copy;
    }
}
