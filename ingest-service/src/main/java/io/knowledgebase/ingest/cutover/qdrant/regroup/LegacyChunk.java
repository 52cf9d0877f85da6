package io.knowledgebase.ingest.cutover.qdrant.regroup;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A chunk of the legacy application.
 *
 * @param pointId that it has in Qdrant
 * @param position in its source, from 0
 * @param edited when its source was last edited, as it was told
 * @param page of a PDF
 * @param part of a Notion page: a block's id
 */
public record LegacyChunk(
        String pointId,
        int position,
        String text,
        @Nullable String title,
        @Nullable String url,
        @Nullable String edited,
        @Nullable Integer page,
        @Nullable Integer totalPages,
        @Nullable String fileType,
        @Nullable String part) {

    /** Whether both can be of the same file. */
    boolean isOfSameKindAs(LegacyChunk other) {
        return Objects.equals(totalPages, other.totalPages) && Objects.equals(fileType, other.fileType);
    }

    /** Whether this page is the other one, or the one after it. */
    boolean follows(LegacyChunk other) {
        return Objects.equals(page, other.page) || (page != null && other.page != null && page - other.page == 1);
    }

    /** Whether one is cut apart from the other where it ends, so that they never overlap. */
    boolean isBeyond(LegacyChunk other) {
        return !Objects.equals(page, other.page) || !Objects.equals(part, other.part);
    }

    /** What is equal of chunks that may stand for each other. */
    Content content() {
        return new Content(text, page, totalPages, fileType, part);
    }

    /** A chunk without what makes it one of several alike. */
    record Content(
            String text,
            @Nullable Integer page,
            @Nullable Integer totalPages,
            @Nullable String fileType,
            @Nullable String part) {}
}
