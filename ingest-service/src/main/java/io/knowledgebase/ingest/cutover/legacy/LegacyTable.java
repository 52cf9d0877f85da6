package io.knowledgebase.ingest.cutover.legacy;

import static io.knowledgebase.ingest.cutover.legacy.LegacyColumn.Kind.BOOLEAN;
import static io.knowledgebase.ingest.cutover.legacy.LegacyColumn.Kind.INTEGER;
import static io.knowledgebase.ingest.cutover.legacy.LegacyColumn.Kind.SECRET;
import static io.knowledgebase.ingest.cutover.legacy.LegacyColumn.Kind.TEXT;
import static io.knowledgebase.ingest.cutover.legacy.LegacyColumn.Kind.TIMESTAMP;

import io.knowledgebase.schemas.event.Topics;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A table that is moved, with the same name on both sides.
 *
 * @param table its name, in lower case
 * @param columns the first one is {@code id}, the primary key
 */
public record LegacyTable(String table, List<LegacyColumn> columns) {

    /** Ids from here on belong to rows that were born in PostgreSQL before the cutover. */
    public static final long BORN_HERE = 1_000_000_000;

    public static final LegacyTable USERS = of(
            "users",
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
            column("total_queries", INTEGER));
    public static final LegacyTable CHAT_SESSIONS = of(
            "chat_sessions",
            column("session_id", TEXT),
            column("user_id", TEXT),
            column("created_at", TIMESTAMP),
            column("updated_at", TIMESTAMP));
    public static final LegacyTable CHAT_MESSAGES = of(
            "chat_messages",
            column("session_id", TEXT),
            column("role", TEXT),
            column("content", TEXT),
            column("sources", TEXT),
            column("created_at", TIMESTAMP));
    public static final LegacyTable USAGE_LOGS = of(
            "usage_logs",
            column("user_id", TEXT),
            column("action", TEXT),
            column("details", TEXT),
            column("created_at", TIMESTAMP));
    public static final LegacyTable NOTION_SYNCS = of(
            "notion_syncs",
            column("user_id", TEXT),
            column("page_id", TEXT),
            column("page_title", TEXT),
            column("status", TEXT),
            column("error_message", TEXT),
            column("created_at", TIMESTAMP));

    public LegacyTable {
        columns = List.copyOf(columns);
    }

    private static LegacyTable of(String table, LegacyColumn... columns) {
        return new LegacyTable(
                table,
                Stream.concat(Stream.of(LegacyColumn.ID), Arrays.stream(columns))
                        .toList());
    }

    private static LegacyColumn column(String name, LegacyColumn.Kind kind) {
        return new LegacyColumn(name, kind);
    }

    /** The same table with further columns. */
    LegacyTable with(List<LegacyColumn> further) {
        return new LegacyTable(
                table, Stream.concat(columns.stream(), further.stream()).toList());
    }

    /** The same table with those of its columns alone that have some names. */
    public LegacyTable only(Set<String> names) {
        return new LegacyTable(
                table,
                columns.stream().filter(column -> names.contains(column.name())).toList());
    }

    /** Its name in SQL, of both sides. */
    public String sql() {
        return LegacyColumn.quoted(table);
    }

    /** Of its changes. */
    public String topic() {
        return Topics.legacy(table);
    }

    public Optional<LegacyColumn> column(String name) {
        return columns.stream().filter(column -> column.name().equals(name)).findFirst();
    }

    /** Whether it is the one of the people who use the application; kb's own tables refer to its rows. */
    public boolean isUsers() {
        return table.equals(USERS.table);
    }

    /** Columns in which no value is there twice. */
    public List<String> uniques() {
        return switch (table) {
            case "users" -> List.of("user_id", "email");
            case "chat_sessions" -> List.of("session_id");
            default -> List.of();
        };
    }

    /** The row of another table that a row belongs to; nobody has ever enforced it. */
    public Optional<Reference> reference() {
        return switch (table) {
            case "chat_messages" -> Optional.of(new Reference("session_id", CHAT_SESSIONS.table));
            case "chat_sessions", "usage_logs", "notion_syncs" -> Optional.of(new Reference("user_id", USERS.table));
            default -> Optional.empty();
        };
    }

    /** A column that names a row of another table by the column of the same name. */
    public record Reference(String column, String table) {}

    /** Columns whose texts are JSON, as far as they are. */
    public List<String> jsonColumns() {
        return switch (table) {
            case "chat_messages" -> List.of("sources");
            case "usage_logs" -> List.of("details");
            default -> List.of();
        };
    }
}
