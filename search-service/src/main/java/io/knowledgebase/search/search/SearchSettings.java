package io.knowledgebase.search.search;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Limits and plan of searches.
 *
 * @param maximumQueryCharacters characters that a query may have
 * @param exactChunks chunks, after filters, up to which vectors are compared one by one instead of by the HNSW index
 * @param legCandidates best chunks of each leg that the fusion looks at
 * @param efSearch nodes that the HNSW index keeps in view, 1 to 1,000: more is better and slower
 * @param maximumScanTuples nodes that an iterative HNSW scan visits at most before the exact scan takes over
 * @param contextTokens word pieces of a context if the request names no limit
 * @param selfTestInterval time between two comparisons of the HNSW index with exact scans
 * @param models folder with a folder for each model besides those that are built in; empty for none
 */
@ConfigurationProperties(prefix = "kb.search", ignoreUnknownFields = false)
public record SearchSettings(
        @DefaultValue("20000") int maximumQueryCharacters,
        @DefaultValue("20000") int exactChunks,
        @DefaultValue("100") int legCandidates,
        @DefaultValue("200") int efSearch,
        @DefaultValue("20000") int maximumScanTuples,
        @DefaultValue("2000") int contextTokens,
        @DefaultValue("10m") Duration selfTestInterval,
        @DefaultValue("") String models) {

    public SearchSettings {
        requireBetween("maximum-query-characters", maximumQueryCharacters, 1, 1_000_000);
        requireBetween("exact-chunks", exactChunks, 0, Integer.MAX_VALUE);
        requireBetween("leg-candidates", legCandidates, Search.MAXIMUM_TOP_K, 1_000);
        requireBetween("ef-search", efSearch, 1, 1_000);
        requireBetween("maximum-scan-tuples", maximumScanTuples, 1, Integer.MAX_VALUE);
        requireBetween("context-tokens", contextTokens, 1, 100_000);
    }

    private static void requireBetween(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    "kb.search." + name + " is " + value + ", not between " + least + " and " + most);
        }
    }
}
