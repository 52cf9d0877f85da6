package io.knowledgebase.ingest.seal;

import org.jspecify.annotations.Nullable;

/** A sealed token cannot be opened: its key is not among those that are set. */
public final class UnsealableException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    UnsealableException(@Nullable Throwable cause) {
        super("a token cannot be opened with the keys that are set", cause);
    }
}
