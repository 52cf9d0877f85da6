package io.knowledgebase.ingest.document;

import com.fasterxml.jackson.annotation.JsonRawValue;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A document as its owner sees it.
 *
 * @param metadata a JSON object
 * @param reason why it failed, from the closed list of {@code RejectionReason}
 * @param detail the same as a sentence
 * @param embeddedChunks chunks whose vector was computed
 * @param reusedChunks chunks whose vector was known already
 * @param progress while parts of the document are being indexed
 */
record DocumentView(
        UUID documentId,
        String externalId,
        String sourceType,
        @Nullable String title,
        @Nullable String sourceUrl,
        @JsonRawValue String metadata,
        @Nullable String fileName,
        @Nullable String contentType,
        @Nullable Long contentBytes,
        int version,
        int attempt,
        DocumentStatus status,
        @Nullable String reason,
        @Nullable String detail,
        List<String> warnings,
        @Nullable Integer chunks,
        @Nullable Integer embeddedChunks,
        @Nullable Integer reusedChunks,
        @Nullable Progress progress,
        Instant createdAt,
        Instant updatedAt,
        @Nullable Instant indexedAt) {

    DocumentView {
        warnings = List.copyOf(warnings);
    }

    /** Chunks that are stored already, of all chunks of the document. */
    record Progress(int stagedChunks, int chunks) {}
}
