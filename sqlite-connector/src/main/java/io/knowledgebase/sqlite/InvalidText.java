package io.knowledgebase.sqlite;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * A text that is not UTF-8, which SQLite takes as it takes everything.
 *
 * @param hex its bytes
 */
public record InvalidText(String hex) {

    /** How a record's misfits tell it from others; the value is {@link #hex}. */
    public static final String CLASS = "invalid-text";

    /** A text, or what it is instead. */
    static Object of(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return new InvalidText(HexFormat.of().formatHex(bytes));
        }
    }

    public byte[] bytes() {
        return HexFormat.of().parseHex(hex);
    }

    /** With U+FFFD for what is none. */
    @Override
    public String toString() {
        return new String(bytes(), StandardCharsets.UTF_8);
    }
}
