package io.knowledgebase.embed.parse;

import io.knowledgebase.embed.parse.BombFuse.BombException;
import io.knowledgebase.embed.parse.Extraction.Rejected;
import io.knowledgebase.schemas.event.RejectionReason;
import java.io.IOException;
import java.util.Set;
import org.apache.tika.exception.EncryptedDocumentException;
import org.apache.tika.exception.TikaException;
import org.apache.tika.exception.TikaMemoryLimitException;
import org.apache.tika.exception.UnsupportedFormatException;
import org.xml.sax.SAXException;

/** What parsers throw, as a reason of the closed list and a sentence that a person can act on. */
final class Rejections {

    static final Rejected BOMB = new Rejected(
            RejectionReason.BOMB,
            "The document unpacks to far more than it weighs, as a zip bomb does. If it is honest, upload what is in it.");
    static final Rejected TOO_LARGE_ON_DISK = new Rejected(
            RejectionReason.RESOURCE_LIMIT,
            "Reading the document needs more files or disk space than are allowed. Split it and upload the parts.");

    /** What the operating system says, at the end of the message of exceptions that have no type for it. */
    private static final Set<String> DISK_FAILURES =
            Set.of("No space left on device", "Disk quota exceeded", "Input/output error");

    private static final String FILE_TOO_LARGE = "File too large";
    private static final String TOO_MANY_FILES = "Too many open files";

    private Rejections() {}

    /** @throws IOException if the failure is the disk's and not the document's */
    static Rejected of(Throwable failure) throws IOException {
        throwIfOfTheDisk(failure);
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof DocumentReader.CutOffException) {
                return new Rejected(
                        RejectionReason.CORRUPT, "The file is cut off: its end is missing. Upload it once more.");
            }
            if (cause instanceof EncryptedDocumentException) {
                return new Rejected(
                        RejectionReason.ENCRYPTED,
                        "The document is encrypted. Remove its password, then upload it again.");
            }
            if (cause instanceof TikaMemoryLimitException
                    || cause instanceof OutOfMemoryError
                    || cause instanceof StackOverflowError) {
                return new Rejected(
                        RejectionReason.RESOURCE_LIMIT,
                        "Reading the document needs more memory than is allowed. Split it and upload the parts.");
            }
            if (cause instanceof UnsupportedFormatException) {
                return new Rejected(
                        RejectionReason.UNSUPPORTED_TYPE,
                        "This variant of the format cannot be read. Save it in a newer one, then upload that.");
            }
            if (isBomb(cause)) {
                return BOMB;
            }
            if (saysAtItsEnd(cause, FILE_TOO_LARGE) || saysAtItsEnd(cause, TOO_MANY_FILES)) {
                return TOO_LARGE_ON_DISK;
            }
        }
        if (failure instanceof TikaException
                || failure instanceof SAXException
                || failure instanceof RuntimeException
                || failure instanceof IOException
                || failure instanceof LinkageError) {
            return new Rejected(
                    RejectionReason.CORRUPT,
                    "The document is damaged or not what its type says. Open it, save it anew, then upload that.");
        }
        throw new IllegalStateException("extraction failed", failure);
    }

    /** A parser may have wrapped it, so that it looks as if the bytes were to blame. */
    static void throwIfOfTheDisk(Throwable failure) throws IOException {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            Throwable any = cause;
            if (DISK_FAILURES.stream().anyMatch(end -> saysAtItsEnd(any, end))) {
                throw new IOException(FileParser.DISK_FAILED, failure);
            }
        }
    }

    private static boolean saysAtItsEnd(Throwable cause, String end) {
        String message = String.valueOf(cause.getMessage());
        return cause instanceof IOException
                && (message.equals(end) || message.endsWith("(" + end + ")") || message.endsWith(": " + end));
    }

    private static boolean isBomb(Throwable cause) {
        String message = cause.getMessage();
        return cause instanceof BombException
                || (message != null
                        && cause instanceof SAXException
                        && (message.startsWith("Suspected zip bomb") || message.contains("entity expansions")));
    }
}
