package io.knowledgebase.embed.parse;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Tells files whose end is missing, as after an upload or download that broke off. Parsers mend such files as well as
 * they can and say nothing, so that the first third of a report would pass for the whole of it.
 */
final class CutOffFile {

    private static final String ZIP_BEGIN = "PK\3\4";
    private static final String ZIP_END = "PK\5\6";
    /** The end of a ZIP file and the longest comment that may follow it. */
    private static final int ZIP_END_BYTES = 22 + 65_535;

    private static final String PDF_END = "%%EOF";
    private static final Pattern PDF_OBJECT = Pattern.compile("\\d \\d{1,5} obj\\b");
    private static final int LONGEST_MARK = 12;
    private static final int BLOCK_BYTES = 64 * 1024;

    private CutOffFile() {}

    /** Whether such a file shows that its end is missing; {@link #is} then tells. */
    static boolean canTell(String type, byte[] beginning) {
        return type.equals("application/rtf")
                || type.equals("application/pdf")
                || new String(beginning, StandardCharsets.ISO_8859_1).startsWith(ZIP_BEGIN);
    }

    /** @param type without parameters, in lower case */
    static boolean is(Path file, String type) throws IOException {
        if (type.equals("application/rtf")) {
            return isOpenRtf(file);
        }
        try (FileChannel channel = FileChannel.open(file)) {
            if (type.equals("application/pdf")) {
                return isOpenPdf(channel);
            }
            return read(channel, 0, ZIP_BEGIN.length()).equals(ZIP_BEGIN)
                    && !read(channel, Math.max(0, channel.size() - ZIP_END_BYTES), ZIP_END_BYTES)
                            .contains(ZIP_END);
        }
    }

    /** Read from its end, a whole file shows its end mark before any object; other things may follow the mark. */
    private static boolean isOpenPdf(FileChannel channel) throws IOException {
        for (long end = channel.size(); end > 0; end -= BLOCK_BYTES) {
            long start = Math.max(0, end - BLOCK_BYTES);
            String block = read(channel, start, (int) (end - start) + LONGEST_MARK);
            int mark = block.lastIndexOf(PDF_END);
            int object = PDF_OBJECT
                    .matcher(block)
                    .results()
                    .mapToInt(MatchResult::start)
                    .max()
                    .orElse(-1);
            if (mark >= 0 || object >= 0) {
                return object > mark;
            }
        }
        return true;
    }

    /** The outermost group is never closed. */
    private static boolean isOpenRtf(Path file) throws IOException {
        int depth = 0;
        try (InputStream bytes = new BufferedInputStream(Files.newInputStream(file), BLOCK_BYTES)) {
            for (int b = bytes.read(); b >= 0; b = bytes.read()) {
                if (b == '\\') {
                    bytes.read(); // belongs to it, a brace as well
                } else if (b == '{') {
                    depth++;
                } else if (b == '}' && --depth == 0) {
                    return false;
                }
            }
        }
        return depth > 0;
    }

    private static String read(FileChannel channel, long position, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(length, channel.size() - position));
        while (bytes.hasRemaining() && channel.read(bytes, position + bytes.position()) >= 0) {}
        return new String(bytes.array(), 0, bytes.position(), StandardCharsets.ISO_8859_1);
    }
}
