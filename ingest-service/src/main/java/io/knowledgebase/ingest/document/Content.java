package io.knowledgebase.ingest.document;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The bytes of a document, wherever they lie.
 *
 * @param sha256 64 lower-case hexadecimal digits
 */
public record Content(String sha256, long bytes, Source source) {

    private static final int BUFFER_BYTES = 64 * 1024;

    /** Bytes that can be read more than once. */
    @FunctionalInterface
    public interface Source {
        InputStream open() throws IOException;
    }

    /** Reads the source once, to know its hash and its length. */
    public static Content of(Source source) throws IOException {
        MessageDigest digest = newDigest();
        long bytes = 0;
        try (InputStream in = new DigestInputStream(source.open(), digest)) {
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                bytes += read;
            }
        }
        return new Content(HexFormat.of().formatHex(digest.digest()), bytes, source);
    }

    /** Content that is small enough to be kept in memory. */
    public static Content of(byte[] data) {
        return new Content(
                HexFormat.of().formatHex(newDigest().digest(data)), data.length, () -> new ByteArrayInputStream(data));
    }

    private static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
