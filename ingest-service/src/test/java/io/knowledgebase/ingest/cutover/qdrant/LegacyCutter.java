package io.knowledgebase.ingest.cutover.qdrant;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Cuts texts as the legacy application does, 1,000 Unicode characters with 200 of the one before, and makes some up. */
public final class LegacyCutter {

    private static final int SIZE = 1000;
    private static final int STEP = 800;
    private static final String[] WORDS = {
        "der",
        "Überblick",
        "größer",
        "naïve",
        "Straße",
        "chunk",
        "offset",
        "日本語",
        "🙂",
        "👩‍🔬",
        "e\u0301t\u00e9",
        "the",
        "a"
    };
    private static final String[] ENDS = {" ", " ", " ", " ", ", ", ". ", "\n", "\r\n", "\r\n\r\n", "\t"};

    private LegacyCutter() {}

    public static List<String> cut(String text) {
        int[] characters = text.codePoints().toArray();
        List<String> chunks = new ArrayList<>();
        for (int from = 0; from < characters.length; from += STEP) {
            chunks.add(new String(characters, from, Math.min(SIZE, characters.length - from)));
        }
        return chunks;
    }

    /** A text of about so many characters, with passages that come again. */
    public static String text(Random random, int characters) {
        StringBuilder text = new StringBuilder();
        while (text.length() < characters) {
            if (text.length() > 0 && random.nextInt(60) == 0) {
                int from = text.offsetByCodePoints(0, random.nextInt(text.codePointCount(0, text.length())));
                int left = text.codePointCount(from, text.length());
                String again = text.substring(from, text.offsetByCodePoints(from, Math.min(left, random.nextInt(900))));
                text.append(again).append(random.nextBoolean() ? again : "");
            } else if (random.nextInt(150) == 0) {
                text.append("-".repeat(random.nextInt(400))).append("\r\n");
            } else {
                text.append(random.nextInt(6) == 0 ? WORDS[random.nextInt(WORDS.length)] : word(random))
                        .append(ENDS[random.nextInt(ENDS.length)]);
            }
        }
        return text.toString();
    }

    /** A text of about so many characters in which nothing comes again. */
    public static String prose(Random random, int characters) {
        StringBuilder text = new StringBuilder();
        while (text.length() < characters) {
            text.append(random.nextInt(6) == 0 ? WORDS[random.nextInt(WORDS.length)] : word(random))
                    .append(ENDS[random.nextInt(ENDS.length)]);
        }
        return text.toString();
    }

    private static String word(Random random) {
        StringBuilder word = new StringBuilder();
        for (int i = 2 + random.nextInt(8); i > 0; i--) {
            word.append((char) ('a' + random.nextInt(26)));
        }
        return word.toString();
    }
}
