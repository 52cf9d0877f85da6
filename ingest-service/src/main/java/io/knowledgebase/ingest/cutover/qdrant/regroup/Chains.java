package io.knowledgebase.ingest.cutover.qdrant.regroup;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Separates the chunks of several uploads that have the same name. Position by position, each chunk goes to the chain whose
 * end it overlaps with most; of those that overlap with none, each to a chain of the same kind of file that has not ended
 * yet by its length. Chunks that are alike move together, so copies of an upload stay copies.
 */
final class Chains {

    private static final int FEW_PAIRS = 64;
    private static final Comparator<Pair> LIKELIEST = Comparator.comparingInt(Pair::usualOverlap)
            .thenComparingInt(Pair::overlap)
            .thenComparing(Pair::endsLikeIt)
            .thenComparing(Pair::sameKind)
            .thenComparing(Pair::follows)
            .thenComparing(Pair::sameNumber)
            .thenComparingInt(Pair::tailLength)
            .reversed();

    private List<Bundle> open = new ArrayList<>();
    private boolean ambiguous;

    private Chains() {}

    /**
     * All chains, the longest first, and whether another pairing was as likely as theirs.
     *
     * @param chains in an order that depends on the texts alone
     */
    record Separated(List<Chain> chains, boolean ambiguous) {}

    static Separated separate(List<LegacyChunk> chunks) {
        Map<Integer, Map<LegacyChunk.Content, List<LegacyChunk>>> positions = new TreeMap<>();
        chunks.stream()
                .sorted(Comparator.comparing(LegacyChunk::text).thenComparing(LegacyChunk::pointId))
                .forEach(chunk -> positions
                        .computeIfAbsent(chunk.position(), position -> new LinkedHashMap<>())
                        .computeIfAbsent(chunk.content(), content -> new ArrayList<>())
                        .add(chunk));
        Chains chains = new Chains();
        positions.forEach((position, alikes) -> chains.take(position, new ArrayList<>(alikes.values())));
        return new Separated(chains.merged(), chains.ambiguous);
    }

    private void take(int position, List<List<LegacyChunk>> alikes) {
        List<Bundle> extended = new ArrayList<>();
        extend(overlapping(position, alikes), alikes, extended);
        extend(pairs(alikes, tail -> tail.position() == position - 1), alikes, extended);
        extend(pairs(alikes, tail -> tail.position() < position - 1), alikes, extended);
        alikes.forEach(alike -> extended.add(Bundle.of(alike)));
        extended.addAll(open);
        open = extended;
    }

    /**
     * Gives chunks to chains, the likeliest first.
     *
     * @param alikes those that are left, from which those that are given away are taken
     * @param extended to which chains are added that have a chunk more
     */
    private void extend(List<Pair> pairs, List<List<LegacyChunk>> alikes, List<Bundle> extended) {
        pairs.sort(LIKELIEST);
        // What is left of each that has been split; nothing if it is used up.
        Map<Bundle, Bundle> bundlesLeft = new HashMap<>();
        Map<List<LegacyChunk>, List<LegacyChunk>> alikesLeft = new HashMap<>();
        for (int i = 0; i < pairs.size(); i++) {
            Pair pair = pairs.get(i);
            Bundle bundle = bundlesLeft.getOrDefault(pair.bundle, pair.bundle);
            List<LegacyChunk> alike = alikesLeft.getOrDefault(pair.alike, pair.alike);
            if (alike.isEmpty() || bundle.size() == 0) {
                continue;
            }
            ambiguous |= i + 1 < pairs.size() && isAsLikely(pair, pairs.get(i + 1), bundlesLeft, alikesLeft);
            int both = Math.min(bundle.size(), alike.size());
            Bundle longer = bundle.first(both);
            bundlesLeft.put(pair.bundle, bundle.without(both));
            longer.append(alike.subList(0, both));
            extended.add(longer);
            alikesLeft.put(pair.alike, alike.subList(both, alike.size()));
        }
        open.replaceAll(bundle -> bundlesLeft.getOrDefault(bundle, bundle));
        open.removeIf(bundle -> bundle.size() == 0);
        alikes.replaceAll(alike -> alikesLeft.getOrDefault(alike, alike));
        alikes.removeIf(List::isEmpty);
    }

    private static boolean isAsLikely(
            Pair pair,
            Pair next,
            Map<Bundle, Bundle> bundlesLeft,
            Map<List<LegacyChunk>, List<LegacyChunk>> alikesLeft) {
        boolean shares = pair.bundle.equals(next.bundle) != pair.alike.equals(next.alike);
        return shares
                && LIKELIEST.compare(pair, next) == 0
                && bundlesLeft.getOrDefault(next.bundle, next.bundle).size() > 0
                && !alikesLeft.getOrDefault(next.alike, next.alike).isEmpty();
    }

    /** Chains and what they overlap with; looked up by its beginning if there are many of both. */
    private List<Pair> overlapping(int position, List<List<LegacyChunk>> alikes) {
        List<Bundle> before = open.stream()
                .filter(bundle -> bundle.tail().position() == position - 1)
                .toList();
        boolean few = (long) before.size() * alikes.size() <= FEW_PAIRS;
        Map<String, List<List<LegacyChunk>>> byBeginning = new HashMap<>();
        List<List<LegacyChunk>> others = new ArrayList<>();
        for (List<LegacyChunk> alike : alikes) {
            String text = alike.get(0).text();
            if (few || text.length() < Overlap.LEAST) {
                others.add(alike);
            } else {
                byBeginning
                        .computeIfAbsent(text.substring(0, Overlap.LEAST), beginning -> new ArrayList<>())
                        .add(alike);
            }
        }
        List<Pair> pairs = new ArrayList<>();
        for (Bundle bundle : before) {
            String tail = bundle.tail().text();
            Set<List<LegacyChunk>> candidates = new LinkedHashSet<>(others);
            for (int i = 0; !byBeginning.isEmpty() && i + Overlap.LEAST <= tail.length(); i++) {
                candidates.addAll(byBeginning.getOrDefault(tail.substring(i, i + Overlap.LEAST), List.of()));
            }
            for (List<LegacyChunk> alike : candidates) {
                int overlap = Overlap.of(tail, alike.get(0).text());
                if (overlap > 0) {
                    pairs.add(Pair.of(bundle, alike, overlap));
                }
            }
        }
        return pairs;
    }

    /** Chains and what of the same kind of file may come after them without an overlap. */
    private List<Pair> pairs(List<List<LegacyChunk>> alikes, Predicate<LegacyChunk> tails) {
        List<Pair> pairs = new ArrayList<>();
        if (!alikes.isEmpty()) {
            open.stream()
                    .filter(bundle -> tails.test(bundle.tail()))
                    .forEach(bundle -> alikes.stream()
                            .filter(alike -> alike.get(0).isOfSameKindAs(bundle.tail()))
                            .forEach(alike -> pairs.add(Pair.of(bundle, alike, 0))));
        }
        return pairs;
    }

    private List<Chain> merged() {
        Map<Object, List<List<LegacyChunk>>> same = new LinkedHashMap<>();
        for (Bundle bundle : open) {
            List<List<LegacyChunk>> chains =
                    same.computeIfAbsent(List.of(bundle.positions(), bundle.contents()), contents -> new ArrayList<>());
            for (int i = 0; i < bundle.size(); i++) {
                chains.add(bundle.chain(i));
            }
        }
        return same.values().stream()
                .map(chains -> new Chain(
                        chains.get(0),
                        chains.subList(1, chains.size()).stream()
                                .flatMap(List::stream)
                                .toList()))
                .sorted(Comparator.comparingInt((Chain chain) -> -chain.chunks().size())
                        .thenComparing(chain -> chain.chunks().get(0).position())
                        .thenComparing(chain -> String.join(
                                "\n",
                                chain.chunks().stream().map(LegacyChunk::text).toList())))
                .toList();
    }

    /**
     * Chains and chunks that may come next.
     *
     * @param usualOverlap of those that the legacy application makes; versions of a text that are shifted against each
     *     other overlap by more
     * @param overlap UTF-16 units
     * @param endsLikeIt whether the chunk before ends where its source does, if this one is all in it
     * @param sameNumber whether there are as many chunks as chains
     * @param tailLength a last chunk is mostly shorter than the others
     */
    private record Pair(
            Bundle bundle,
            List<LegacyChunk> alike,
            int usualOverlap,
            int overlap,
            boolean endsLikeIt,
            boolean sameKind,
            boolean follows,
            boolean sameNumber,
            int tailLength) {

        static Pair of(Bundle bundle, List<LegacyChunk> alike, int overlap) {
            LegacyChunk tail = bundle.tail();
            LegacyChunk next = alike.get(0);
            return new Pair(
                    bundle,
                    alike,
                    overlap <= Overlap.usual(next.text()) ? overlap : 0,
                    overlap,
                    overlap < next.text().length() || Overlap.isOfOneEnd(tail.text(), next.text()),
                    next.isOfSameKindAs(tail),
                    next.follows(tail),
                    bundle.size() == alike.size(),
                    overlap > 0 ? 0 : tail.text().length());
        }
    }
}
