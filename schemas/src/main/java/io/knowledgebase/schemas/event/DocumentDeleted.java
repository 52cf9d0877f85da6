package io.knowledgebase.schemas.event;

import java.util.Objects;
import java.util.UUID;

/**
 * A document was deleted by its owner or its source. Topic {@link Topics#DOCUMENTS}, schema
 * {@code events/kb.document.deleted.v1.json}.
 */
public record DocumentDeleted(UUID documentId, String userId, int version, int attempt) implements Event {

    public DocumentDeleted {
        Objects.requireNonNull(documentId, "documentId");
        Objects.requireNonNull(userId, "userId");
    }
}
