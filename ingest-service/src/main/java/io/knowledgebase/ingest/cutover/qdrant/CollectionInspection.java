package io.knowledgebase.ingest.cutover.qdrant;

import java.util.List;
import java.util.SortedMap;

/**
 * What a collection holds, before anything is imported.
 *
 * @param points how many Qdrant counts
 * @param read how many were read
 * @param vectors dimension of each vector by its name; they are not imported
 * @param bySourceType points by what they say of where they come from
 * @param sources how many files and pages they are of
 * @param owners how many users they are of
 * @param unowned points without an owner
 * @param cleaned points with U+0000 in their text
 * @param oddities points that can be part of no document, by the code of the reason
 */
public record CollectionInspection(
        String collection,
        String status,
        long points,
        long read,
        SortedMap<String, Integer> vectors,
        SortedMap<String, Long> bySourceType,
        long sources,
        long owners,
        long unowned,
        long cleaned,
        SortedMap<String, Oddity> oddities) {

    /** Points that have it, and ids of some of them. */
    public record Oddity(long points, List<String> examples) {}
}
