package io.knowledgebase.ingest.document;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** How far a document has come in the generation that searches read. */
public enum DocumentStatus {
    ACCEPTED,
    INDEXED,
    FAILED,
    DELETED;

    @JsonValue
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<DocumentStatus> ofCode(String code) {
        return Arrays.stream(values())
                .filter(status -> status.code().equals(code))
                .findFirst();
    }

    boolean isTerminal() {
        return this != ACCEPTED;
    }
}
