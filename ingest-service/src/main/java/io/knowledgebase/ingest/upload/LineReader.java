package io.knowledgebase.ingest.upload;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/** Reads lines of bounded length; of a longer one only the beginning is kept. */
final class LineReader {

    private static final int BUFFER_BYTES = 64 * 1024;

    private final InputStream in;
    private final long longest;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private long bytes;

    LineReader(InputStream in, long longestBytes) {
        this.in = new BufferedInputStream(in, BUFFER_BYTES);
        this.longest = longestBytes;
    }

    /** Goes to the next line; false after the last. */
    boolean advance() throws IOException {
        line.reset();
        bytes = 0;
        int read = in.read();
        if (read < 0) {
            return false;
        }
        for (; read >= 0 && read != '\n'; read = in.read()) {
            bytes++;
            if (bytes <= longest) {
                line.write(read);
            }
        }
        return true;
    }

    /** The line without its end. */
    byte[] line() {
        return line.toByteArray();
    }

    boolean isTooLong() {
        return bytes > longest;
    }

    boolean isBlank() {
        for (byte b : line.toByteArray()) {
            if (b != ' ' && b != '\t' && b != '\r') {
                return false;
            }
        }
        return true;
    }
}
