package io.knowledgebase.schemas.event;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Why a document could not be indexed: a closed list, written in lower case with hyphens. */
public enum RejectionReason {
    EMPTY,
    NO_TEXT,
    ENCRYPTED,
    CORRUPT,
    BOMB,
    UNSUPPORTED_TYPE,
    RESOURCE_LIMIT,
    INTERNAL;

    @JsonValue
    public String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @JsonCreator
    static RejectionReason ofCode(String code) {
        return valueOf(code.toUpperCase(Locale.ROOT).replace('-', '_'));
    }
}
