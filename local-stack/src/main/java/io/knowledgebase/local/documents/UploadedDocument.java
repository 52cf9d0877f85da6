package io.knowledgebase.local.documents;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What became of a file.
 *
 * @param documentId null if the file was refused
 * @param status accepted, indexed, failed, deleted, or refused
 * @param warnings what of it was left out
 * @param sentAt by this machine's clock; null if it was not sent
 * @param indexedAt when it became indexed or failed, by the service's clock
 * @param unchanged true if the same content was indexed already
 */
public record UploadedDocument(
        String externalId,
        @Nullable String documentId,
        int version,
        String status,
        @Nullable String reason,
        @Nullable String detail,
        List<String> warnings,
        int chunks,
        int embeddedChunks,
        int reusedChunks,
        @Nullable Instant sentAt,
        @Nullable Instant indexedAt,
        boolean unchanged) {

    public UploadedDocument {
        warnings = List.copyOf(warnings);
    }

    static UploadedDocument refused(String externalId, String detail) {
        return new UploadedDocument(
                externalId, null, 0, "refused", "refused", detail, List.of(), 0, 0, 0, null, null, false);
    }

    /** From the service's description of a document, or its answer to the upload. */
    static UploadedDocument of(String externalId, @Nullable Instant sentAt, JsonNode document, boolean unchanged) {
        String indexedAt = text(document.path("indexedAt"));
        JsonNode progress = document.path("progress");
        return new UploadedDocument(
                externalId,
                document.path("documentId").asString(),
                document.path("version").asInt(0),
                document.path("status").asString("accepted"),
                text(document.path("reason")),
                text(document.path("detail")),
                document.path("warnings").valueStream().map(JsonNode::asString).toList(),
                document.path("chunks").asInt(progress.path("stagedChunks").asInt(0)),
                document.path("embeddedChunks").asInt(0),
                document.path("reusedChunks").asInt(0),
                sentAt,
                indexedAt == null ? null : Instant.parse(indexedAt),
                unchanged);
    }

    private static @Nullable String text(JsonNode node) {
        return node.isString() ? node.asString() : null;
    }

    boolean isTerminal() {
        return !status.equals("accepted");
    }

    @JsonIgnore // status tells it
    public boolean isIndexed() {
        return status.equals("indexed");
    }
}
