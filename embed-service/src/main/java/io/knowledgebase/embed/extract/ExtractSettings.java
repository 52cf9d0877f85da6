package io.knowledgebase.embed.extract;

import java.time.Duration;
import java.util.regex.Pattern;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Limits of text extraction.
 *
 * @param workers processes that parse at the same time; 0 for one per core
 * @param slowWorkers further processes for documents that take longer than {@code patience}
 * @param patience how long a document may be parsed before it moves to the slow lane
 * @param deadline how long one document may be parsed
 * @param workerHeap largest Java heap of a worker
 * @param workerDisk disk space that a worker may use for one document, its text included
 * @param maxCharacters characters kept of one document; what comes after is cut, with a warning
 * @param attempts workers that may die of a document before it is rejected
 * @param confined whether workers are locked in by seccomp and Landlock; false where the system has neither
 * @param ocr whether scans are read with Tesseract
 * @param ocrLanguages languages of scans, as Tesseract names them, joined by +
 */
@ConfigurationProperties(prefix = "kb.extract", ignoreUnknownFields = false)
public record ExtractSettings(
        @DefaultValue("0") int workers,
        @DefaultValue("2") int slowWorkers,
        @DefaultValue("10s") Duration patience,
        @DefaultValue("2m") Duration deadline,
        @DefaultValue("512MB") DataSize workerHeap,
        @DefaultValue("1GB") DataSize workerDisk,
        @DefaultValue("20000000") int maxCharacters,
        @DefaultValue("5") int attempts,
        @DefaultValue("true") boolean confined,
        @DefaultValue("false") boolean ocr,
        @DefaultValue("eng") String ocrLanguages) {

    private static final Pattern LANGUAGES = Pattern.compile("[a-zA-Z_]+(\\+[a-zA-Z_]+)*");

    public ExtractSettings {
        if (slowWorkers < 1) {
            throw new IllegalArgumentException("kb.extract.slow-workers is at least 1");
        }
        if (patience.compareTo(deadline) > 0) {
            throw new IllegalArgumentException("kb.extract.patience is at most kb.extract.deadline");
        }
        if (!LANGUAGES.matcher(ocrLanguages).matches()) {
            throw new IllegalArgumentException("kb.extract.ocr-languages is like eng or eng+deu");
        }
        if (workers == 0) {
            workers = Runtime.getRuntime().availableProcessors();
        }
    }
}
