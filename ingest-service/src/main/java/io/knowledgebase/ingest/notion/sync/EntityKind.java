package io.knowledgebase.ingest.notion.sync;

import java.util.Arrays;

/** What Notion is made of, as far as it is read. */
enum EntityKind {
    PAGE("page"),
    /** What has rows, which are pages. */
    DATA_SOURCE("data_source"),
    /** What holds data sources; before 2025-09-03 it has the rows itself. */
    DATABASE("database");

    private final String code;

    EntityKind(String code) {
        this.code = code;
    }

    String code() {
        return code;
    }

    static EntityKind of(String code) {
        return Arrays.stream(values())
                .filter(kind -> kind.code.equals(code))
                .findFirst()
                .orElseThrow();
    }
}
