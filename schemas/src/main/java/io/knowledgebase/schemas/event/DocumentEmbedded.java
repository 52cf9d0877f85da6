package io.knowledgebase.schemas.event;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A part of a document's chunks with their vectors; the part with {@code last} completes the version. Parts of one
 * version and attempt come in order of {@code part}, perhaps more than once and then equal. Topic
 * {@link Topics#CHUNKS}, schema {@code events/kb.document.embedded.v1.json}.
 *
 * @param part number of this part, from 0
 * @param documentChunks chunks of the whole document
 * @param embeddedChunks chunks of the whole document whose vector was computed, so far
 * @param reusedChunks chunks of the whole document whose vector was known already, so far
 * @param title the document's own title, as its text or its properties have it
 * @param metadata what the document says of itself, such as its author, given with the last part
 * @param warnings what a person should know of the extraction, given with the last part
 */
public record DocumentEmbedded(
        UUID documentId,
        String userId,
        int generation,
        int version,
        int attempt,
        int part,
        boolean last,
        int documentChunks,
        int embeddedChunks,
        int reusedChunks,
        @Nullable String title,
        Map<String, Object> metadata,
        List<String> warnings,
        List<EmbeddedChunk> chunks)
        implements Event {

    public DocumentEmbedded {
        Objects.requireNonNull(documentId, "documentId");
        Objects.requireNonNull(userId, "userId");
        metadata = metadata == null ? Map.of() : Map.copyOf(metadata); // older events have none
        warnings = List.copyOf(warnings);
        chunks = List.copyOf(chunks);
    }
}
