package io.knowledgebase.ingest.document;

import io.knowledgebase.schemas.DocumentId;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A document as its owner hands it in; its texts are checked and free of NUL and lone surrogates.
 *
 * @param sourceType where it comes from, as in {@code upload}
 * @param sourceId its name there; the same name again is a new version
 * @param contentType as declared, not as detected
 * @param metadata a JSON object
 */
public record Submission(
        String userId,
        String sourceType,
        String sourceId,
        @Nullable String fileName,
        @Nullable String contentType,
        @Nullable String title,
        @Nullable String sourceUrl,
        String metadata,
        Content content) {

    public UUID documentId() {
        return DocumentId.of(userId, sourceType, sourceId);
    }
}
