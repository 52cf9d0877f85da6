package io.knowledgebase.search.search;

import java.util.List;

/**
 * What a search found, best first.
 *
 * @param generation the index generation that answered
 * @param warnings what a person should know of this answer
 */
public record SearchAnswer(List<SearchResult> results, int generation, long tookMs, List<String> warnings) {

    public SearchAnswer {
        results = List.copyOf(results);
        warnings = List.copyOf(warnings);
    }
}
