package io.knowledgebase.ingest.cutover.qdrant.regroup;

import java.util.ArrayList;
import java.util.List;

/** Chains that are alike so far: at each of their positions as many chunks of the same content as there are chains. */
final class Bundle {

    private static final Bundle NONE = new Bundle(List.of(List.of()));

    private final List<List<LegacyChunk>> links;

    private Bundle(List<List<LegacyChunk>> links) {
        this.links = links;
    }

    /** Chains that begin with these chunks, which are alike. */
    static Bundle of(List<LegacyChunk> alike) {
        List<List<LegacyChunk>> links = new ArrayList<>();
        links.add(List.copyOf(alike));
        return new Bundle(links);
    }

    int size() {
        return links.get(0).size();
    }

    /** One of their last chunks. */
    LegacyChunk tail() {
        return links.get(links.size() - 1).get(0);
    }

    /** The first chains of it: itself if these are all. */
    Bundle first(int chains) {
        return chains == size() ? this : part(0, chains);
    }

    /** The chains of it but the first ones. */
    Bundle without(int chains) {
        return chains == size() ? NONE : part(chains, size());
    }

    private Bundle part(int from, int to) {
        List<List<LegacyChunk>> part = new ArrayList<>();
        links.forEach(link -> part.add(link.subList(from, to)));
        return new Bundle(part);
    }

    void append(List<LegacyChunk> alike) {
        links.add(List.copyOf(alike));
    }

    /** What its chains say, for comparison. */
    List<LegacyChunk.Content> contents() {
        return links.stream().map(link -> link.get(0).content()).toList();
    }

    List<Integer> positions() {
        return links.stream().map(link -> link.get(0).position()).toList();
    }

    /** One of its chains, from 0. */
    List<LegacyChunk> chain(int number) {
        return links.stream().map(link -> link.get(number)).toList();
    }
}
