package io.knowledgebase.ingest.cutover.qdrant.regroup;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Optional;

/** Why a point is part of no document. */
public enum Reason {
    /** Its payload is null, or no object. */
    NO_PAYLOAD("no-payload"),
    /** Neither an upload nor of Notion. */
    UNKNOWN_SOURCE_TYPE("unknown-source-type"),
    NO_TEXT("no-text"),
    /** Its text is something else than a text. */
    TEXT_NOT_STRING("text-not-string"),
    NO_CHUNK_ID("no-chunk-id"),
    /** It is no whole number of 31 bits. */
    BAD_CHUNK_ID("bad-chunk-id"),
    /** The id of its user is no text, or one that no user can have. */
    BAD_OWNER("bad-owner"),
    /** Neither the name of a file nor the id of a page. */
    NO_SOURCE("no-source"),
    /** The name of a file or the id of a page, but one that none can have. */
    BAD_SOURCE("bad-source"),
    /** More than an answer may have. */
    TOO_LARGE("too-large"),
    /** Nobody's, and nobody was named to become its owner. */
    UNOWNED("unowned"),
    /** Of an earlier state of its Notion page. */
    OLDER_SYNC("older-sync"),
    /** All of its source is there once more. */
    DUPLICATE("duplicate"),
    /** There is nothing but white space in its source. */
    BLANK("blank"),
    /** A document of the same name is here that is not of the import. */
    KEPT_HERE("kept-here"),
    /** The page was read from Notion itself, and not earlier. */
    NEWER_HERE("newer-here"),
    /** Somebody has changed here what was imported. */
    CHANGED_HERE("changed-here"),
    /** Somebody has deleted the document here. */
    DELETED_HERE("deleted-here");

    private final String code;

    Reason(String code) {
        this.code = code;
    }

    @JsonValue
    public String code() {
        return code;
    }

    public static Optional<Reason> ofCode(String code) {
        return Arrays.stream(values())
                .filter(reason -> reason.code.equals(code))
                .findFirst();
    }
}
