package io.knowledgebase.embed.generation;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a generation is good for. In every state but {@link #DROPPING} it is fed with what comes. */
public enum GenerationState {
    /** Documents are still missing. */
    BUILDING,
    /** It has all documents and gets its HNSW index. */
    INDEXING,
    /** It is compared with the documents. */
    VERIFYING,
    /** It may be promoted. */
    READY,
    /** Its verification found differences. */
    FAILED,
    /** Searches read it. */
    LIVE,
    /** Searches read it before. */
    PREVIOUS,
    /** It goes once nobody feeds it any more. */
    DROPPING;

    /** As in the database and in answers. */
    @JsonValue
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }

    static GenerationState of(String code) {
        return valueOf(code.toUpperCase(Locale.ROOT));
    }
}
