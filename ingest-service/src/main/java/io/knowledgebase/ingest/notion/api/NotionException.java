package io.knowledgebase.ingest.notion.api;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Notion did not do what it was asked; its message names neither token nor content. */
public final class NotionException extends RuntimeException {

    /** What follows from a failure. */
    public enum Kind {
        /** Notion is away or has an error of its own: try again later, whatever it was. */
        AWAY,
        /** Notion wants to be left in peace for a time. */
        BUSY,
        /** The token is no longer valid: somebody has to connect again. */
        UNAUTHORIZED,
        /** The connection lacks a capability. */
        FORBIDDEN,
        /** There is no such thing, or the connection may not see it. */
        NOT_FOUND,
        /** This request will never succeed. */
        REJECTED
    }

    private static final long serialVersionUID = 1L;

    private final Kind kind;
    private final @Nullable Duration retryAfter;

    private NotionException(Kind kind, String message, @Nullable Duration retryAfter, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.retryAfter = retryAfter;
    }

    /** Something other than what has a method of its own. */
    public static NotionException of(Kind kind, String message) {
        return new NotionException(kind, message, null, null);
    }

    static NotionException away(String message, @Nullable Throwable cause) {
        return new NotionException(Kind.AWAY, message, null, cause);
    }

    static NotionException busy(String message, Duration retryAfter) {
        return new NotionException(Kind.BUSY, message, retryAfter, null);
    }

    public Kind kind() {
        return kind;
    }

    /** How long Notion wants to be left in peace, if it said so. */
    public @Nullable Duration retryAfter() {
        return retryAfter;
    }
}
