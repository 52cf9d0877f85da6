package io.knowledgebase.embed.extract;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** The OCR program of the machine, which workers start if the settings say so. */
final class Tesseract {

    /** Exit code of env. */
    private static final int NOT_FOUND = 127;

    private Tesseract() {}

    /**
     * Makes sure that it is there and knows the languages.
     *
     * @param languages as it names them, joined by +
     * @throws IllegalStateException with what is missing
     */
    static void require(String languages) {
        List<String> known = languages();
        for (String language : languages.split("\\+", -1)) {
            if (!known.contains(language)) {
                throw new IllegalStateException("kb.extract.ocr-languages names " + language
                        + ", which Tesseract does not have on this machine: install it (Debian: tesseract-ocr-"
                        + language
                        + ") or name others of " + known);
            }
        }
    }

    private static List<String> languages() {
        try {
            ProcessBuilder program =
                    new ProcessBuilder("/usr/bin/env", "-i", WorkerPool.PATH, "tesseract", "--list-langs");
            Process process = program.redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int code = process.waitFor();
            if (code == NOT_FOUND) {
                throw new IllegalStateException("kb.extract.ocr is on, but Tesseract is not on this machine: install it"
                        + " (Debian: tesseract-ocr) or turn it off");
            }
            if (code == 0) {
                return Arrays.stream(output.split("\\R", -1))
                        .skip(1)
                        .filter(line -> !line.isBlank())
                        .toList();
            }
        } catch (IOException e) {
            throw new IllegalStateException("kb.extract.ocr is on, but Tesseract cannot be asked for its languages", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new IllegalStateException("kb.extract.ocr is on, but tesseract --list-langs does not answer");
    }
}
