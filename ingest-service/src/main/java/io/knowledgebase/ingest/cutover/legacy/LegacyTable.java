package io.knowledgebase.ingest.cutover.legacy;

import static io.knowledgebase.ingest.cutover.legacy.LegacyColumn.Kind.BOOLEAN;
import static io.knowledgebase.ingest.cutover.legacy.LegacyColumn.Kind.ID;
import static io.knowledgebase.ingest.cutover.legacy.LegacyColumn.Kind.INTEGER;
import static io.knowledgebase.ingest.cutover.legacy.LegacyColumn.Kind.SECRET;
import static io.knowledgebase.ingest.cutover.legacy.LegacyColumn.Kind.TEXT;
import static io.knowledgebase.ingest.cutover.legacy.LegacyColumn.Kind.TIMESTAMP;

import io.knowledgebase.schemas.event.Topics;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The tables of the chat application, with the same names on both sides. */
public enum LegacyTable {
    USERS(
            column("id", ID),
            column("user_id", TEXT),
            column("email", TEXT),
            column("is_anonymous", BOOLEAN),
            column("created_at", TIMESTAMP),
            column("updated_at", TIMESTAMP),
            column("last_login", TIMESTAMP),
            column("notion_token", SECRET),
            column("notion_workspace_id", TEXT),
            column("notion_workspace_name", TEXT),
            column("google_access_token", SECRET),
            column("google_refresh_token", SECRET),
            column("google_token_expires_at", TIMESTAMP),
            column("google_user_id", TEXT),
            column("google_user_email", TEXT),
            column("google_user_name", TEXT),
            column("firebase_uid", TEXT),
            column("firebase_email", TEXT),
            column("firebase_name", TEXT),
            column("firebase_photo_url", TEXT),
            column("daily_query_count", INTEGER),
            column("last_query_reset", TIMESTAMP),
            column("total_queries", INTEGER)),
    CHAT_SESSIONS(
            column("id", ID),
            column("session_id", TEXT),
            column("user_id", TEXT),
            column("created_at", TIMESTAMP),
            column("updated_at", TIMESTAMP)),
    CHAT_MESSAGES(
            column("id", ID),
            column("session_id", TEXT),
            column("role", TEXT),
            column("content", TEXT),
            column("sources", TEXT),
            column("created_at", TIMESTAMP)),
    USAGE_LOGS(
            column("id", ID),
            column("user_id", TEXT),
            column("action", TEXT),
            column("details", TEXT),
            column("created_at", TIMESTAMP)),
    NOTION_SYNCS(
            column("id", ID),
            column("user_id", TEXT),
            column("page_id", TEXT),
            column("page_title", TEXT),
            column("status", TEXT),
            column("error_message", TEXT),
            column("created_at", TIMESTAMP));

    /** Ids from here on belong to rows that were born in PostgreSQL before the cutover. */
    public static final long BORN_HERE = 1_000_000_000;

    @SuppressWarnings("ImmutableEnumChecker") // it is of List.of
    private final List<LegacyColumn> columns;

    LegacyTable(LegacyColumn... columns) {
        this.columns = List.of(columns);
    }

    private static LegacyColumn column(String name, LegacyColumn.Kind kind) {
        return new LegacyColumn(name, kind);
    }

    /** As SQLite and PostgreSQL know it. */
    public String table() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Of its changes. */
    public String topic() {
        return Topics.LEGACY_PREFIX + "." + table();
    }

    /** The first one is {@code id}, the primary key. */
    public List<LegacyColumn> columns() {
        return columns;
    }

    /** Columns in which no value is there twice. */
    public List<String> uniques() {
        return switch (this) {
            case USERS -> List.of("user_id", "email");
            case CHAT_SESSIONS -> List.of("session_id");
            case CHAT_MESSAGES, USAGE_LOGS, NOTION_SYNCS -> List.of();
        };
    }

    /** The row of another table that a row belongs to; nobody has ever enforced it. */
    public Optional<Reference> reference() {
        return switch (this) {
            case USERS -> Optional.empty();
            case CHAT_MESSAGES -> Optional.of(new Reference("session_id", CHAT_SESSIONS));
            case CHAT_SESSIONS, USAGE_LOGS, NOTION_SYNCS -> Optional.of(new Reference("user_id", USERS));
        };
    }

    /** A column that names a row of another table by the column of the same name. */
    public record Reference(String column, LegacyTable table) {}

    /** Columns whose texts are JSON, as far as they are. */
    public List<String> jsonColumns() {
        return switch (this) {
            case CHAT_MESSAGES -> List.of("sources");
            case USAGE_LOGS -> List.of("details");
            case USERS, CHAT_SESSIONS, NOTION_SYNCS -> List.of();
        };
    }

    public static Optional<LegacyTable> ofTable(String name) {
        return Arrays.stream(values())
                .filter(table -> table.table().equalsIgnoreCase(name))
                .findFirst();
    }
}
