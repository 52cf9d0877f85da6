package io.knowledgebase.embed.extract;

import com.optimaize.langdetect.LanguageDetector;
import com.optimaize.langdetect.LanguageDetectorBuilder;
import com.optimaize.langdetect.ngram.NgramExtractors;
import com.optimaize.langdetect.profiles.LanguageProfileReader;
import io.knowledgebase.embed.parse.Block;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tells the language of a text by the frequency of its letter sequences. */
final class Languages {

    /** Shorter texts are guessed too often wrongly. */
    private static final int LEAST_CHARACTERS = 100;

    private static final int SAMPLE_CHARACTERS = 10_000;
    private static final double LEAST_PROBABILITY = 0.95;

    private final LanguageDetector detector;

    Languages() {
        try {
            this.detector = LanguageDetectorBuilder.create(NgramExtractors.standard())
                    .withProfiles(new LanguageProfileReader().readAllBuiltIn())
                    .seed(0) // the same text has the same language, also in a replay
                    .build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The ISO 639-1 code of the language, such as {@code en}, or null if it is not clear. */
    @Nullable
    String of(List<Block> blocks) {
        StringBuilder text = new StringBuilder();
        for (Block block : blocks) {
            int room = SAMPLE_CHARACTERS - text.length();
            if (room <= 0) {
                break;
            }
            text.append(block.text(), 0, Math.min(room, block.text().length())).append('\n');
        }
        if (text.length() < LEAST_CHARACTERS) {
            return null;
        }
        return detector.getProbabilities(text.toString()).stream()
                .filter(language -> language.getProbability() >= LEAST_PROBABILITY)
                .findFirst()
                .map(language -> language.getLocale().getLanguage())
                .orElse(null);
    }
}
