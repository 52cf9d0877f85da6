package io.knowledgebase.sqlite;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * The first bytes of a file, which tell without opening it whether it may be a whole database.
 *
 * @see <a href="https://www.sqlite.org/fileformat2.html#the_database_header">SQLite's file format</a>
 */
final class ExportHeader {

    private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);
    private static final int BYTES = 100;
    private static final int WAL = 2;

    private ExportHeader() {}

    /** Why the file cannot be taken; empty if nothing is against it. */
    static Optional<String> fault(Path file) throws IOException {
        byte[] bytes;
        try (InputStream content = Files.newInputStream(file)) {
            bytes = content.readNBytes(BYTES);
        }
        if (!Arrays.equals(MAGIC, Arrays.copyOf(bytes, MAGIC.length))) {
            return Optional.of(bytes.length == 0 ? "is empty" : "is no SQLite database");
        }
        if (bytes.length < BYTES) {
            return Optional.of("ends in its header");
        }
        ByteBuffer header = ByteBuffer.wrap(bytes);
        // A raw copy and one by the backup API have the same flag, and only the former lacks what stood in the -wal.
        if (header.get(18) == WAL || header.get(19) == WAL) {
            return Optional.of(
                    "is in WAL mode: a raw copy lacks the rows of its -wal, and cannot be told from a backup;"
                            + " export with VACUUM INTO, or run PRAGMA journal_mode=DELETE on a backup before it is put here");
        }
        int pageBytes = header.getShort(16) == 1 ? 65_536 : Short.toUnsignedInt(header.getShort(16));
        if (pageBytes == 0) {
            return Optional.of("has pages of no size");
        }
        long fileBytes = Files.size(file);
        boolean knowsPages = header.getInt(28) != 0 && header.getInt(24) == header.getInt(92);
        long pages = knowsPages ? Integer.toUnsignedLong(header.getInt(28)) : fileBytes / pageBytes;
        return pages * pageBytes == fileBytes
                ? Optional.empty()
                : Optional.of("has " + fileBytes + " bytes, but " + pages + " pages of " + pageBytes);
    }
}
