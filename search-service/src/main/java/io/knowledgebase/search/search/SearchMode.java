package io.knowledgebase.search.search;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;

/** What a search goes by. */
public enum SearchMode {
    /** Meaning and words. */
    HYBRID,
    /** Meaning. */
    DENSE,
    /** Words. */
    LEXICAL;

    @JsonValue
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }

    @JsonCreator
    public static SearchMode ofCode(String code) {
        return Arrays.stream(values())
                .filter(mode -> mode.code().equals(code))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("mode is one of hybrid, dense, lexical."));
    }
}
