package io.knowledgebase.ingest.notion;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/** Times as Notion writes them and as PostgreSQL's driver takes and gives them; null for one that is not known. */
public final class Times {

    private Times() {}

    /** A time of Notion's JSON; null for what is none. */
    public static @Nullable Instant parse(String text) {
        try {
            return text.isEmpty() ? null : OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    /** The value of a column {@code timestamptz}. */
    public static @Nullable Instant of(@Nullable OffsetDateTime time) {
        return time == null ? null : time.toInstant();
    }

    /** A parameter {@code timestamptz}. */
    public static @Nullable OffsetDateTime utc(@Nullable Instant time) {
        return time == null ? null : time.atOffset(ZoneOffset.UTC);
    }
}
