package io.knowledgebase.schemas.event;

import java.util.Objects;
import java.util.UUID;

/**
 * A document takes longer to read than others are to wait for, and goes on among its like. Topic
 * {@link Topics#SLOW_DOCUMENTS}, schema {@code events/kb.document.deferred.v1.json}.
 */
public record DocumentDeferred(UUID documentId, String userId, int generation, int version, int attempt)
        implements Event {

    public DocumentDeferred {
        Objects.requireNonNull(documentId, "documentId");
        Objects.requireNonNull(userId, "userId");
    }
}
