package io.knowledgebase.schemas.event;

import java.util.Objects;
import java.util.UUID;

/**
 * A document version cannot be indexed, for good. Topic {@link Topics#CHUNKS}, schema
 * {@code events/kb.document.rejected.v1.json}.
 *
 * @param detail a sentence that a person can act on, without any of the document's text
 */
public record DocumentRejected(
        UUID documentId, String userId, int generation, int version, int attempt, RejectionReason reason, String detail)
        implements Event {

    public DocumentRejected {
        Objects.requireNonNull(documentId, "documentId");
        Objects.requireNonNull(userId, "userId");
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(detail, "detail");
    }
}
