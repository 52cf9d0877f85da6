package io.knowledgebase.ingest.cutover.qdrant.regroup;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/** When a page was last edited, as Notion writes it, or as the legacy application may have written it again. */
public final class Edited {

    private Edited() {}

    /** A time of its payload, naive ones in UTC; the earliest of all for what is none. */
    public static Instant of(@Nullable String text) {
        if (text == null) {
            return Instant.MIN;
        }
        String iso = text.strip().replace(' ', 'T');
        try {
            return OffsetDateTime.parse(iso).toInstant();
        } catch (DateTimeParseException e) {
            return naive(iso);
        }
    }

    private static Instant naive(String iso) {
        try {
            return LocalDateTime.parse(iso).toInstant(ZoneOffset.UTC);
        } catch (DateTimeParseException e) {
            return Instant.MIN;
        }
    }
}
