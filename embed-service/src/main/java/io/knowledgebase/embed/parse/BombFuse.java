package io.knowledgebase.embed.parse;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Counts what a document unpacks to, and stops it once that is out of proportion to what it weighs. */
final class BombFuse {

    /** What honest text or log files shrink to is at most a hundredth; gzip reaches a thousandth on zeros. */
    private static final int MAX_BYTE_RATIO = 200;

    private static final long ALLOWED_BYTES = 100L * 1024 * 1024;
    /** Tika's own proportion for a single document. */
    private static final int MAX_CHARACTER_RATIO = 100;

    private static final long ALLOWED_CHARACTERS = 1_000_000;

    private static final Pattern DECLARED = Pattern.compile("\\d{1,18}");

    private final long maxBytes;
    private final long maxCharacters;
    private long bytes;
    private long declaredBytes;
    private long characters;
    private boolean tripped;

    /** @param documentBytes weight of the outermost document */
    BombFuse(long documentBytes) {
        this.maxBytes = Math.max(ALLOWED_BYTES, documentBytes * MAX_BYTE_RATIO);
        this.maxCharacters = Math.max(ALLOWED_CHARACTERS, documentBytes * MAX_CHARACTER_RATIO);
    }

    /** The document is a bomb, whatever parsers make of this exception on its way. */
    static final class BombException extends IOException {

        private static final long serialVersionUID = 1L;

        BombException() {
            super("unpacks to far more than it weighs");
        }
    }

    boolean isTripped() {
        return tripped;
    }

    /** For what is known to be a bomb by other signs. */
    BombException trip() {
        tripped = true;
        return new BombException();
    }

    void throwIfTripped() throws BombException {
        if (tripped) {
            throw new BombException();
        }
    }

    void addCharacters(int more) {
        characters += more;
        tripped |= characters > maxCharacters;
    }

    /** What a container says of an entry counts, whether the entry is read or not. */
    void addDeclaredBytes(@Nullable String size) throws BombException {
        if (size != null && DECLARED.matcher(size).matches()) {
            declaredBytes += Long.parseLong(size);
            tripped |= declaredBytes > maxBytes;
            throwIfTripped();
        }
    }

    private void addBytes(long more) throws BombException {
        bytes += Math.max(0, more);
        tripped |= bytes > maxBytes;
        throwIfTripped();
    }

    /** Each byte is counted once for each container that it is unpacked from. */
    InputStream counting(InputStream stream) {
        return new FilterInputStream(stream) {
            @Override
            public int read() throws IOException {
                int read = super.read();
                addBytes(read < 0 ? 0 : 1);
                return read;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                int read = super.read(target, offset, length);
                addBytes(read);
                return read;
            }

            @Override
            public long skip(long count) throws IOException {
                long skipped = super.skip(count);
                addBytes(skipped);
                return skipped;
            }
        };
    }
}
