package io.knowledgebase.schemas.event;

import java.util.Objects;
import java.util.UUID;

/**
 * A deleted document's chunks are to go. Topic {@link Topics#CHUNKS}, schema
 * {@code events/kb.document.removed.v1.json}.
 */
public record DocumentRemoved(UUID documentId, String userId, int generation, int version, int attempt)
        implements Event {

    public DocumentRemoved {
        Objects.requireNonNull(documentId, "documentId");
        Objects.requireNonNull(userId, "userId");
    }
}
