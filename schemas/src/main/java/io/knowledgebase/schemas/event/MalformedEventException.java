package io.knowledgebase.schemas.event;

import org.jspecify.annotations.Nullable;

/** A Kafka record is no event of ours; reading it again will not help. */
public final class MalformedEventException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    MalformedEventException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
