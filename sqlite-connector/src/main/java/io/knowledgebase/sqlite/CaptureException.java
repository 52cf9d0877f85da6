package io.knowledgebase.sqlite;

import org.apache.kafka.connect.errors.ConnectException;

/** A database whose changes cannot be captured as it is. */
public final class CaptureException extends ConnectException {

    private static final long serialVersionUID = 1;

    CaptureException(String message) {
        super(message);
    }

    CaptureException(String message, Throwable cause) {
        super(message, cause);
    }
}
