package io.knowledgebase.ingest.notion.api;

import java.util.Arrays;
import java.util.Optional;

/** Versions of Notion's API that are understood. */
public enum ApiVersion {
    V2022_06_28("2022-06-28"),
    V2025_09_03("2025-09-03"),
    V2026_03_11("2026-03-11");

    /** What a connection gets that asks for none. */
    public static final ApiVersion DEFAULT = V2025_09_03;

    private final String code;

    ApiVersion(String code) {
        this.code = code;
    }

    /** As in the header {@code Notion-Version}. */
    public String code() {
        return code;
    }

    public static Optional<ApiVersion> ofCode(String code) {
        return Arrays.stream(values())
                .filter(version -> version.code.equals(code))
                .findFirst();
    }

    /** Before 2025-09-03 a database had its rows itself. */
    boolean hasDataSources() {
        return this != V2022_06_28;
    }
}
