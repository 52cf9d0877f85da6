package io.knowledgebase.search.context;

import io.knowledgebase.search.context.ContextAnswer.Citation;
import io.knowledgebase.search.search.SearchResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Builds a context: neighbouring chunks of a document joined, repeated texts dropped, within a budget. */
final class ContextBlock {

    /** A shorter repetition at a border is chance, not overlap. */
    private static final int LEAST_OVERLAP_CHARACTERS = 16;

    private final ToIntFunction<String> tokens;

    /** @param tokens counts word pieces; those of two texts with white space between them add up */
    ContextBlock(ToIntFunction<String> tokens) {
        this.tokens = tokens;
    }

    /**
     * @param repeated results left out because another one has their text
     * @param tooLong results left out because the budget was used up
     */
    record Built(String context, List<Citation> citations, int tokens, int repeated, int tooLong) {}

    /** @param ranked best first; a result that does not fit is left out, a later one may still fit */
    Built build(List<SearchResult> ranked, int maxTokens) {
        List<SearchResult> kept = new ArrayList<>();
        Set<Place> places = new HashSet<>();
        Set<String> texts = new HashSet<>();
        int repeated = 0;
        int tooLong = 0;
        int used = 0;
        for (SearchResult result : ranked) {
            if (!texts.add(result.text().strip())) {
                repeated++;
                continue;
            }
            Place place = Place.of(result);
            int size = tokens.applyAsInt(result.text());
            if (!places.contains(place.next(-1)) && !places.contains(place.next(1))) {
                size += tokens.applyAsInt("[" + ranked.size() + "] " + heading(result));
            }
            if (used + size > maxTokens) {
                tooLong++;
            } else {
                kept.add(result);
                places.add(place);
                used += size;
            }
        }
        List<Passage> passages = join(kept);
        String context = render(passages);
        return new Built(context, cite(passages), tokens.applyAsInt(context), repeated, tooLong);
    }

    private record Place(UUID documentId, int chunkIndex) {

        static Place of(SearchResult result) {
            return new Place(result.documentId(), result.chunkIndex());
        }

        Place next(int step) {
            return new Place(documentId, chunkIndex + step);
        }
    }

    /** Neighbours of one document in its order; passages in the order of their best chunk's rank. */
    private record Passage(List<SearchResult> chunks) {

        SearchResult first() {
            return chunks.get(0);
        }

        boolean continuesWith(SearchResult next) {
            SearchResult last = chunks.get(chunks.size() - 1);
            return last.documentId().equals(next.documentId()) && last.chunkIndex() + 1 == next.chunkIndex();
        }

        String text() {
            StringBuilder text = new StringBuilder();
            for (SearchResult chunk : chunks) {
                String next = chunk.text().strip();
                int overlap = overlap(text, next);
                if (!text.isEmpty() && overlap == 0) {
                    text.append('\n');
                }
                text.append(next, overlap, next.length());
            }
            return text.toString();
        }

        private static int overlap(StringBuilder before, String after) {
            String end = before.substring(Math.max(0, before.length() - after.length()));
            for (int length = end.length(); length >= LEAST_OVERLAP_CHARACTERS; length--) {
                if (after.regionMatches(0, end, end.length() - length, length)) {
                    return length;
                }
            }
            return 0;
        }
    }

    private static List<Passage> join(List<SearchResult> ranked) {
        List<SearchResult> inOrder = ranked.stream()
                .sorted(Comparator.comparing(SearchResult::documentId).thenComparingInt(SearchResult::chunkIndex))
                .toList();
        List<Passage> passages = new ArrayList<>();
        for (SearchResult chunk : inOrder) {
            Passage last = passages.isEmpty() ? null : passages.get(passages.size() - 1);
            if (last != null && last.continuesWith(chunk)) {
                last.chunks().add(chunk);
            } else {
                passages.add(new Passage(new ArrayList<>(List.of(chunk))));
            }
        }
        passages.sort(Comparator.comparingInt(passage ->
                passage.chunks().stream().mapToInt(ranked::indexOf).min().orElseThrow()));
        return passages;
    }

    private static List<Citation> cite(List<Passage> passages) {
        List<Citation> citations = new ArrayList<>();
        for (Passage passage : passages) {
            SearchResult first = passage.first();
            citations.add(new Citation(
                    citations.size() + 1,
                    first.documentId(),
                    first.externalId(),
                    passage.chunks().stream().map(SearchResult::chunkId).toList(),
                    first.title(),
                    first.section(),
                    first.page(),
                    first.sourceUrl()));
        }
        return citations;
    }

    private static String render(List<Passage> passages) {
        StringBuilder context = new StringBuilder();
        for (int i = 0; i < passages.size(); i++) {
            context.append(i == 0 ? "" : "\n\n")
                    .append('[')
                    .append(i + 1)
                    .append("] ")
                    .append(heading(passages.get(i).first()))
                    .append('\n')
                    .append(passages.get(i).text());
        }
        return context.toString();
    }

    private static String heading(SearchResult chunk) {
        String path = Stream.of(chunk.title() == null ? chunk.externalId() : chunk.title(), chunk.section())
                .filter(part -> part != null && !part.isBlank())
                .map(ContextBlock::onOneLine)
                .collect(Collectors.joining(" › "));
        String page = chunk.page() == null ? "" : ", page " + chunk.page();
        String url = chunk.sourceUrl() == null ? "" : " <" + onOneLine(chunk.sourceUrl()) + ">";
        return path + page + url;
    }

    private static String onOneLine(String text) {
        return text.replaceAll("\\s+", " ").strip();
    }
}
