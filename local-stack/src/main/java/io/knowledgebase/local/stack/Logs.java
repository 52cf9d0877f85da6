package io.knowledgebase.local.stack;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.regex.Pattern;

/** The log files of what runs. */
final class Logs {

    private static final long LARGEST_BYTES = 32L << 20;
    private static final int TAIL_BYTES = 256 << 10;
    private static final Pattern COMPLAINT = Pattern.compile(
            "Reason: .*|Description:|.*Exception: .*|.*\\bERROR\\b.*|.*IllegalArgument.*|Error: .*|.*FATAL.*");
    private static final int LONGEST_COMPLAINT = 300;

    private Logs() {}

    /** Puts a log that has grown large aside; called while nothing writes to it. */
    static void rotate(Path log) {
        try {
            if (Files.exists(log) && Files.size(log) > LARGEST_BYTES) {
                Files.move(log, log.resolveSibling(log.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The last lines of a log. */
    static List<String> tail(Path log, int lines) {
        if (!Files.exists(log)) {
            return List.of();
        }
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            long start = Math.max(0, file.length() - TAIL_BYTES);
            file.seek(start);
            byte[] bytes = new byte[(int) (file.length() - start)];
            file.readFully(bytes);
            List<String> all = new String(bytes, StandardCharsets.UTF_8).lines().toList();
            return all.subList(Math.max(0, all.size() - lines), all.size());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The last line that says what went wrong, ready to be appended; empty if there is none. */
    static String lastComplaint(Path log) {
        List<String> lines = tail(log, 60);
        for (int i = lines.size() - 1; i >= 0; i--) {
            if (COMPLAINT.matcher(lines.get(i)).matches()) {
                String line = lines.get(i).strip();
                return ": " + line.substring(0, Math.min(line.length(), LONGEST_COMPLAINT));
            }
        }
        return "";
    }
}
