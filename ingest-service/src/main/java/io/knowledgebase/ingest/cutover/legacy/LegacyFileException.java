package io.knowledgebase.ingest.cutover.legacy;

/** The legacy application's file cannot be read or written, perhaps only now. */
public final class LegacyFileException extends RuntimeException {

    private static final long serialVersionUID = 1;

    LegacyFileException(String message, Throwable cause) {
        super(message + ": " + cause.getMessage(), cause);
    }
}
