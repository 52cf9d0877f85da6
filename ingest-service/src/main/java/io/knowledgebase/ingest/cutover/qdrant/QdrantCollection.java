package io.knowledgebase.ingest.cutover.qdrant;

import java.util.SortedMap;

/**
 * What Qdrant tells of a collection.
 *
 * @param status as in {@code green}
 * @param points how many there are
 * @param vectors dimension of each vector by its name, which is empty for the one without a name
 */
public record QdrantCollection(String status, long points, SortedMap<String, Integer> vectors) {}
