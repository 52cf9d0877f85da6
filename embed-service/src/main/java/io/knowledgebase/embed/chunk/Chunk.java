package io.knowledgebase.embed.chunk;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A passage of a document.
 *
 * @param index position in the document, from 0
 * @param prefix title and headings that are embedded in front of the text, or empty
 * @param text the passage itself, as it is shown
 * @param section headings above the passage, outermost first, each cut after 200 characters, joined by {@code " › "}
 * @param page page the passage begins on, from 1
 * @param tokens word pieces of {@link #embeddedText()}
 */
public record Chunk(
        int index,
        String prefix,
        String text,
        @Nullable String section,
        @Nullable Integer page,
        int tokens) {

    /** What the vectors are made of. */
    public String embeddedText() {
        return prefix.isEmpty() ? text : prefix + "\n" + text;
    }

    /** SHA-256 of {@link #embeddedText()}, 64 lower-case hexadecimal digits. */
    public String textHash() {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(sha256.digest(embeddedText().getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
