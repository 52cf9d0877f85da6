package io.knowledgebase.local.documents;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What became of a file.
 *
 * @param documentId null if the file was refused
 * @param status accepted, indexed, failed, deleted, or refused
 * @param unchanged true if the same content was indexed already
 */
record UploadedDocument(
        String externalId,
        @Nullable String documentId,
        int version,
        String status,
        @Nullable String reason,
        @Nullable String detail,
        int chunks,
        int embeddedChunks,
        int reusedChunks,
        boolean unchanged) {

    static UploadedDocument refused(String externalId, String detail) {
        return new UploadedDocument(externalId, null, 0, "refused", "refused", detail, 0, 0, 0, false);
    }

    /** From the service's description of a document, or its answer to the upload. */
    static UploadedDocument of(String externalId, JsonNode document, boolean unchanged) {
        JsonNode progress = document.path("progress");
        return new UploadedDocument(
                externalId,
                document.path("documentId").asString(),
                document.path("version").asInt(0),
                document.path("status").asString("accepted"),
                text(document.path("reason")),
                text(document.path("detail")),
                document.path("chunks").asInt(progress.path("stagedChunks").asInt(0)),
                document.path("embeddedChunks").asInt(0),
                document.path("reusedChunks").asInt(0),
                unchanged);
    }

    private static @Nullable String text(JsonNode node) {
        return node.isString() ? node.asString() : null;
    }

    boolean isTerminal() {
        return !status.equals("accepted");
    }

    boolean isIndexed() {
        return status.equals("indexed");
    }
}
