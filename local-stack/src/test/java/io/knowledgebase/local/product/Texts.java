package io.knowledgebase.local.product;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Made-up documents that are the same in every run. */
final class Texts {

    private static final List<String> WORDS = List.of(("harbour engine ledger orchard satellite glacier violin"
                    + " pepper carpet lantern museum voltage sermon canyon bishop turbine almond magnet velvet"
                    + " tunnel mirror saddle copper parade lemon anchor timber marble comet barrel falcon ribbon")
            .split(" "));

    private static final int LONG_PARAGRAPHS = 100;

    private Texts() {}

    static String paragraph(Random random, int words) {
        return IntStream.range(0, words)
                        .mapToObj(i -> WORDS.get(random.nextInt(WORDS.size())) + (i % 12 == 11 ? "." : ""))
                        .collect(Collectors.joining(" "))
                + ".";
    }

    static String document(int seed, int paragraphs) {
        Random random = new Random(seed);
        return IntStream.range(0, paragraphs)
                .mapToObj(i -> paragraph(random, 40 + random.nextInt(60)))
                .collect(Collectors.joining("\n\n"));
    }

    /** Lines for the batch endpoint: ids {@code d0}, {@code d1} and so on, of one or two chunks; {@code d1} has several parts. */
    static List<Map<String, Object>> documents(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> Map.<String, Object>of(
                        "externalId", "d" + i, "text", document(i, i == 1 ? LONG_PARAGRAPHS : 1 + i % 2)))
                .toList();
    }
}
