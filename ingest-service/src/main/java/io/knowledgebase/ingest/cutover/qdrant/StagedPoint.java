package io.knowledgebase.ingest.cutover.qdrant;

import io.knowledgebase.ingest.cutover.qdrant.regroup.Reason;
import io.knowledgebase.ingest.document.CleanText;
import io.knowledgebase.ingest.notion.PageId;
import io.knowledgebase.ingest.upload.UploadId;
import io.knowledgebase.schemas.problem.Problem;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A point as it lies in PostgreSQL: what the legacy application has written, as far as it can be understood.
 *
 * @param pointId as people write it
 * @param payloadHash SHA-256 of the payload
 * @param source external id of what it is a chunk of, as a document of that source has it here
 * @param chunkId position in its source
 * @param original the payload, where something of it is not kept as it is; else null
 * @param misfit why it can be part of no document; null if it can
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
record StagedPoint(
        String pointId,
        byte[] payloadHash,
        @Nullable String owner,
        @Nullable String sourceType,
        @Nullable String source,
        @Nullable Integer chunkId,
        @Nullable String content,
        @Nullable String title,
        @Nullable String sourceUrl,
        @Nullable String edited,
        @Nullable Integer page,
        @Nullable Integer totalPages,
        @Nullable String fileType,
        @Nullable String part,
        byte @Nullable [] original,
        @Nullable Reason misfit) {

    private static final int LONGEST_OWNER = 255;
    private static final int LONGEST_TITLE = 1000;
    private static final int LONGEST_URL = 2000;
    private static final int LONGEST_WORD = 255;

    static StagedPoint of(QdrantPoint point) {
        JsonNode payload = point.payload();
        byte[] bytes =
                payload == null ? new byte[0] : CleanText.of(payload.toString()).getBytes(StandardCharsets.UTF_8);
        if (payload == null || !payload.isObject()) {
            return misfit(point, bytes, point.tooLarge() ? Reason.TOO_LARGE : Reason.NO_PAYLOAD);
        }
        JsonNode metadata = payload.path("metadata");
        String sourceType = payload.path("source_type").asString("");
        JsonNode text = payload.path("text");
        String owner = owner(payload.path("user_id"), metadata.path("user_id"));
        Optional<String> source = source(sourceType, metadata);
        String content = text.isString() ? CleanText.of(text.stringValue()) : null;
        Reason misfit = misfit(sourceType, text, payload.path("chunk_id"), owner, metadata, source);
        boolean changed = content != null && !content.equals(text.stringValue());
        return new StagedPoint(
                point.id().text(),
                sha256(bytes),
                word(owner),
                word(sourceType),
                source.orElse(null),
                integer(payload.path("chunk_id")),
                content,
                cut(metadata.path("title"), LONGEST_TITLE),
                cut(metadata.path("url"), LONGEST_URL),
                cut(metadata.path("last_edited_time"), LONGEST_WORD),
                integer(metadata.path("page")),
                integer(metadata.path("total_pages")),
                cut(metadata.path("file_type"), LONGEST_WORD),
                cut(metadata.path("block_id"), LONGEST_WORD),
                misfit != null || changed ? bytes : null,
                misfit);
    }

    private static StagedPoint misfit(QdrantPoint point, byte[] payload, Reason reason) {
        return new StagedPoint(
                point.id().text(),
                sha256(payload),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                payload,
                reason);
    }

    private static @Nullable Reason misfit(
            String sourceType,
            JsonNode text,
            JsonNode chunkId,
            @Nullable String owner,
            JsonNode metadata,
            Optional<String> source) {
        if (!sourceType.equals(UploadId.SOURCE_TYPE) && !sourceType.equals(PageId.SOURCE_TYPE)) {
            return Reason.UNKNOWN_SOURCE_TYPE;
        }
        if (text.isMissingNode() || text.isNull() || text.asString("x").isEmpty()) {
            return Reason.NO_TEXT;
        }
        if (!text.isString()) {
            return Reason.TEXT_NOT_STRING;
        }
        if (chunkId.isMissingNode() || chunkId.isNull()) {
            return Reason.NO_CHUNK_ID;
        }
        Integer position = integer(chunkId);
        if (position == null || position < 0) {
            return Reason.BAD_CHUNK_ID;
        }
        if (owner != null
                && (owner.length() > LONGEST_OWNER || !CleanText.of(owner).equals(owner))) {
            return Reason.BAD_OWNER;
        }
        if (name(sourceType, metadata).isEmpty()) {
            return Reason.NO_SOURCE;
        }
        return source.isEmpty() ? Reason.BAD_SOURCE : null;
    }

    /** The user's id; null if nobody is named. What is no text is too long to be one. */
    private static @Nullable String owner(JsonNode ofPoint, JsonNode ofSource) {
        JsonNode named = isNobody(ofPoint) ? ofSource : ofPoint;
        if (isNobody(named)) {
            return null;
        }
        return named.isString() || named.isIntegralNumber() ? named.asString() : "?".repeat(LONGEST_OWNER + 1);
    }

    private static boolean isNobody(JsonNode user) {
        return user.isMissingNode()
                || user.isNull()
                || (user.isString() && user.stringValue().isBlank());
    }

    private static String name(String sourceType, JsonNode metadata) {
        return metadata.path(sourceType.equals(PageId.SOURCE_TYPE) ? "page_id" : "source")
                .asString("")
                .strip();
    }

    private static Optional<String> source(String sourceType, JsonNode metadata) {
        String name = name(sourceType, metadata);
        if (name.isEmpty()) {
            return Optional.empty();
        }
        if (sourceType.equals(PageId.SOURCE_TYPE)) {
            return PageId.parse(name).map(PageId::sourceId);
        }
        try {
            return Optional.of(
                    UploadId.ofFile(metadata.path("source").asString("")).sourceId());
        } catch (Problem e) {
            return Optional.empty(); // told as the point's misfit
        }
    }

    private static @Nullable Integer integer(JsonNode number) {
        return number.isNumber() && number.canConvertToInt() ? Integer.valueOf(number.intValue()) : null;
    }

    private static @Nullable String word(@Nullable String text) {
        return text == null ? null : cut(CleanText.of(text), LONGEST_WORD);
    }

    private static @Nullable String cut(JsonNode text, int characters) {
        return text.isString() && !text.stringValue().isBlank()
                ? cut(CleanText.of(text.stringValue()), characters)
                : null;
    }

    private static String cut(String text, int characters) {
        return text.codePointCount(0, text.length()) <= characters
                ? text
                : text.substring(0, text.offsetByCodePoints(0, characters));
    }

    private static byte[] sha256(byte[] data) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(data);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
