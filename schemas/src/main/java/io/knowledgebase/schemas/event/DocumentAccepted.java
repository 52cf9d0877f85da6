package io.knowledgebase.schemas.event;

import java.util.Objects;
import java.util.UUID;

/**
 * A document version was stored and is to be indexed. Topic {@link Topics#DOCUMENTS}, schema
 * {@code events/kb.document.accepted.v1.json}; the bytes lie in {@code document_contents} under their hash.
 *
 * @param contentSha256 64 lower-case hexadecimal digits
 */
public record DocumentAccepted(
        UUID documentId,
        String userId,
        String sourceType,
        String sourceId,
        int version,
        int attempt,
        String contentSha256,
        long contentBytes)
        implements Event {

    public DocumentAccepted {
        Objects.requireNonNull(documentId, "documentId");
        Objects.requireNonNull(userId, "userId");
        Objects.requireNonNull(sourceType, "sourceType");
        Objects.requireNonNull(sourceId, "sourceId");
        Objects.requireNonNull(contentSha256, "contentSha256");
    }
}
