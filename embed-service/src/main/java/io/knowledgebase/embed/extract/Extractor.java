package io.knowledgebase.embed.extract;

import io.knowledgebase.embed.extract.Extraction.Extracted;
import io.knowledgebase.embed.extract.Extraction.Rejected;
import io.knowledgebase.schemas.event.RejectionReason;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.tika.exception.EncryptedDocumentException;
import org.apache.tika.exception.TikaException;
import org.apache.tika.exception.TikaMemoryLimitException;
import org.apache.tika.exception.UnsupportedFormatException;
import org.apache.tika.exception.ZeroByteFileException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xml.sax.SAXException;

/**
 * Reads a document with a deadline; safe for use by several threads. What goes wrong because of the bytes is a
 * {@link Rejected}; an {@link IOException} is the disk's and may be tried again.
 */
public final class Extractor implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Extractor.class);
    /** What the operating system says, at the end of the message of exceptions that have no type for it. */
    private static final Set<String> DISK_FAILURES =
            Set.of("No space left on device", "Disk quota exceeded", "Too many open files", "Input/output error");

    private static final int MAX_TITLE_CHARACTERS = 300;
    /** A heading further down is not the document's. */
    private static final int TITLE_WITHIN_BLOCKS = 10;

    private final ExtractSettings settings;
    private final TikaParsing parsing = new TikaParsing();
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "extract");
        thread.setDaemon(true);
        return thread;
    });

    public Extractor(ExtractSettings settings) {
        this.settings = settings;
    }

    /**
     * Reads the file's text.
     *
     * @param fileName a hint for the detection of the type
     */
    public Extraction extract(Path file, @Nullable String fileName) throws IOException, InterruptedException {
        BlockCollector blocks = new BlockCollector(settings.maxCharacters());
        Future<TikaParsing.Properties> parse = threads.submit(() -> parsing.parse(file, fileName, blocks));
        try {
            return outcome(parse.get(settings.deadline().toMillis(), TimeUnit.MILLISECONDS), blocks);
        } catch (TimeoutException e) {
            LOG.warn("event=parse-abandoned deadline_s={}", settings.deadline().toSeconds());
            return new Rejected(
                    RejectionReason.RESOURCE_LIMIT,
                    "Reading the document took longer than "
                            + settings.deadline().toSeconds() + " seconds.");
        } catch (ExecutionException e) {
            return rejection(e.getCause() == null ? e : e.getCause());
        } finally {
            parse.cancel(true);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    Extraction outcome(TikaParsing.Properties properties, BlockCollector collector) throws IOException {
        for (Exception failure : properties.partFailures()) {
            throwIfOfTheDisk(failure);
        }
        List<Block> blocks = collector.blocks();
        if (blocks.isEmpty()) {
            return properties.readable()
                    ? new Rejected(
                            RejectionReason.NO_TEXT,
                            "The document (" + properties.contentType() + ") holds no text; if it is a scan, it needs"
                                    + " a text layer (OCR).")
                    : new Rejected(
                            RejectionReason.UNSUPPORTED_TYPE,
                            "There is no reader for documents of the type " + properties.contentType() + ".");
        }
        List<String> warnings = new ArrayList<>();
        if (collector.isFull()) {
            warnings.add("The text was cut after " + settings.maxCharacters() + " characters.");
        }
        if (properties.unreadParts() > 0) {
            warnings.add("Attachments or entries that could not be read: " + properties.unreadParts() + ".");
        }
        return new Extracted(title(properties.title(), blocks), blocks, warnings);
    }

    private static @Nullable String title(@Nullable String property, List<Block> blocks) {
        String title = property == null ? "" : CleanText.of(property).replace('\n', ' ');
        if (title.isEmpty()) {
            title = blocks.stream()
                    .limit(TITLE_WITHIN_BLOCKS)
                    .filter(block -> block.headingLevel() == 1)
                    .findFirst()
                    .map(Block::text)
                    .orElse("");
        }
        if (title.isEmpty()) {
            return null;
        }
        return title.length() <= MAX_TITLE_CHARACTERS
                ? title
                : title.substring(0, title.offsetByCodePoints(0, title.codePointCount(0, MAX_TITLE_CHARACTERS)));
    }

    static Rejected rejection(Throwable failure) throws IOException {
        throwIfOfTheDisk(failure);
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ZeroByteFileException) {
                return new Rejected(RejectionReason.EMPTY, "The file is empty.");
            }
            if (cause instanceof TikaParsing.CutOffException) {
                return new Rejected(
                        RejectionReason.CORRUPT, "The file is cut off: its end is missing. Upload it once more.");
            }
            if (cause instanceof EncryptedDocumentException) {
                return new Rejected(
                        RejectionReason.ENCRYPTED, "The document is encrypted; upload it without a password.");
            }
            if (cause instanceof TikaMemoryLimitException
                    || cause instanceof OutOfMemoryError
                    || cause instanceof StackOverflowError) {
                return new Rejected(
                        RejectionReason.RESOURCE_LIMIT, "Reading the document needs more memory than is allowed.");
            }
            if (cause instanceof UnsupportedFormatException) {
                return new Rejected(RejectionReason.UNSUPPORTED_TYPE, "This variant of the format cannot be read.");
            }
            if (isBomb(cause)) {
                return new Rejected(
                        RejectionReason.BOMB, "The document unpacks to far more than it weighs, as a zip bomb does.");
            }
        }
        if (failure instanceof TikaException
                || failure instanceof SAXException
                || failure instanceof RuntimeException
                || failure instanceof IOException
                || failure instanceof LinkageError) {
            return new Rejected(
                    RejectionReason.CORRUPT,
                    "The document is damaged or not what its type says (" + rootName(failure) + ").");
        }
        throw new IllegalStateException("extraction failed", failure);
    }

    /** A parser may have wrapped it, so that it looks as if the bytes were to blame. */
    private static void throwIfOfTheDisk(Throwable failure) throws IOException {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = String.valueOf(cause.getMessage());
            if (cause instanceof FileSystemException
                    || (cause instanceof IOException
                            && DISK_FAILURES.stream()
                                    .anyMatch(end -> message.equals(end) || message.endsWith("(" + end + ")")))) {
                throw new IOException("the disk failed while a document was read", failure);
            }
        }
    }

    private static boolean isBomb(Throwable cause) {
        String message = cause.getMessage();
        return message != null && cause instanceof SAXException && message.startsWith("Suspected zip bomb");
    }

    private static String rootName(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root.getClass().getSimpleName();
    }
}
