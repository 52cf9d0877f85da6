package io.knowledgebase.ingest.cutover;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** The legacy application's database, and somebody who goes on using it. */
public final class LegacyApplication implements AutoCloseable {

    private final Path file;
    private final Connection connection;

    public LegacyApplication(Path file) throws SQLException {
        this.file = file;
        this.connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        execute("pragma busy_timeout = 10000");
        execute("pragma synchronous = off");
    }

    public Path file() {
        return file;
    }

    /** The tables as SQLAlchemy makes them. */
    public void create() throws SQLException {
        execute("""
                create table users (
                    id INTEGER NOT NULL, user_id VARCHAR, email VARCHAR, is_anonymous BOOLEAN, created_at DATETIME,
                    updated_at DATETIME, last_login DATETIME, notion_token TEXT, notion_workspace_id VARCHAR,
                    notion_workspace_name VARCHAR, google_access_token TEXT, google_refresh_token TEXT,
                    google_token_expires_at DATETIME, google_user_id VARCHAR, google_user_email VARCHAR,
                    google_user_name VARCHAR, firebase_uid VARCHAR, firebase_email VARCHAR, firebase_name VARCHAR,
                    firebase_photo_url VARCHAR, daily_query_count INTEGER, last_query_reset DATETIME,
                    total_queries INTEGER, PRIMARY KEY (id))
                """);
        execute("create unique index ix_users_email on users (email)");
        execute("create unique index ix_users_user_id on users (user_id)");
        execute("""
                create table chat_sessions (
                    id INTEGER NOT NULL, session_id VARCHAR, user_id VARCHAR, created_at DATETIME,
                    updated_at DATETIME, PRIMARY KEY (id), FOREIGN KEY(user_id) REFERENCES users (user_id))
                """);
        execute("create unique index ix_chat_sessions_session_id on chat_sessions (session_id)");
        execute("""
                create table chat_messages (
                    id INTEGER NOT NULL, session_id VARCHAR, role VARCHAR, content TEXT, sources TEXT,
                    created_at DATETIME, PRIMARY KEY (id),
                    FOREIGN KEY(session_id) REFERENCES chat_sessions (session_id))
                """);
        execute("""
                create table usage_logs (
                    id INTEGER NOT NULL, user_id VARCHAR, action VARCHAR, details TEXT, created_at DATETIME,
                    PRIMARY KEY (id))
                """);
        execute("""
                create table notion_syncs (
                    id INTEGER NOT NULL, user_id VARCHAR, page_id VARCHAR, page_title VARCHAR, status VARCHAR,
                    error_message TEXT, created_at DATETIME, PRIMARY KEY (id))
                """);
    }

    public void execute(String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            statement.execute();
        }
    }

    public void user(int id) throws SQLException {
        execute(
                "insert into users (id, user_id, email, is_anonymous, created_at, notion_token, total_queries)"
                        + " values (?, ?, ?, 0, '2026-01-02 03:04:05.123456', ?, 7)",
                id,
                "user-" + id,
                "user-" + id + "@example.org",
                "secret-token-" + id);
    }

    public long count(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.getLong(1);
        }
    }

    public List<String> texts(String sql) throws SQLException {
        List<String> texts = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
        }
        return texts;
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
