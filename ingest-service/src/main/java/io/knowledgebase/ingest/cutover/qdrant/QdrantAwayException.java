package io.knowledgebase.ingest.cutover.qdrant;

import org.jspecify.annotations.Nullable;

/** Qdrant does not answer, or with an error of its own: the same may succeed later. Its message names no key and no text. */
public final class QdrantAwayException extends RuntimeException {

    private static final long serialVersionUID = 1;

    QdrantAwayException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
