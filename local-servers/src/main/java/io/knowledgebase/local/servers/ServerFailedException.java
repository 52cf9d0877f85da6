package io.knowledgebase.local.servers;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A server that could not be started, reached or stopped; the message says what, {@link #log()} where to read why. */
public final class ServerFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient @Nullable Path log;

    public ServerFailedException(String message, @Nullable Path log, @Nullable Throwable cause) {
        super(log == null ? message : message + " (log: " + log + ")", cause);
        this.log = log;
    }

    public @Nullable Path log() {
        return log;
    }
}
