package io.knowledgebase.local.cutover.demo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes the application's database, with the oddities that such files have: rows that belong to nobody, broken JSON, odd
 * dates, blobs, infinities, U+0000, twins.
 */
final class LegacyDatabase {

    /** They follow those that people have written. */
    static final int ODD_MESSAGES = 5;

    private static final int MESSAGES_OF_A_SESSION = 20;
    private static final int MESSAGES_OF_A_USER = 200;
    private static final int LEAST_USERS = 1_000;
    private static final int MESSAGES_OF_A_LOG = 10;
    private static final int MESSAGES_OF_AN_ORPHAN = 1_000;
    private static final int MESSAGES_OF_A_BROKEN_SOURCE = 500;
    private static final int MESSAGES_OF_A_NUL = 700;

    private final Connection sqlite;
    private final Random random;
    private final Chat chat;
    private final int messages;

    private LegacyDatabase(Connection sqlite, int messages, long seed) {
        this.sqlite = sqlite;
        this.random = new Random(seed);
        this.chat = new Chat(random);
        this.messages = messages;
    }

    /**
     * What was made.
     *
     * @param users ids from 1 on
     * @param sessions ids from 1 on, named {@code session-} and the id
     * @param quarantined rows that PostgreSQL cannot take, by table and reason
     */
    record Made(int users, int sessions, int messages, Map<String, Map<String, Long>> quarantined) {}

    static Made make(Path file, int messages, long seed) throws SQLException {
        try (Connection sqlite = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            return new LegacyDatabase(sqlite, messages, seed).make();
        }
    }

    private Made make() throws SQLException {
        int users = Math.max(LEAST_USERS, messages / MESSAGES_OF_A_USER);
        int sessions = Math.max(1, messages / MESSAGES_OF_A_SESSION);
        execute("pragma journal_mode = wal");
        execute("pragma synchronous = off");
        try (Statement statement = sqlite.createStatement()) {
            statement.executeUpdate(schema()); // takes several statements
        }
        execute("drop index ix_users_email"); // files without it have twins
        sqlite.setAutoCommit(false);
        users(users);
        sessions(sessions, users);
        messages(sessions);
        logs(users);
        Map<String, Map<String, Long>> planted = plant(users);
        sqlite.commit();
        sqlite.setAutoCommit(true);
        return new Made(users, sessions, messages, planted);
    }

    private static String schema() {
        try (InputStream in = LegacyDatabase.class.getResourceAsStream("legacy-schema.sql")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void users(int users) throws SQLException {
        try (PreparedStatement insert = sqlite.prepareStatement("""
                insert into users (id, user_id, email, is_anonymous, created_at, updated_at, last_login, notion_token,
                                   google_user_name, daily_query_count, total_queries)
                values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)) {
            for (int id = 1; id <= users; id++) {
                boolean anonymous = id % 3 == 0;
                add(
                        insert,
                        id,
                        "user-" + id,
                        anonymous ? null : "person" + id + "@example.org",
                        anonymous ? 1 : 0,
                        chat.time(),
                        chat.time(),
                        id % 4 == 0 ? null : chat.time(),
                        id % 5 == 0 ? "secret_" + random.nextLong() : null,
                        anonymous ? null : "Person " + id,
                        random.nextInt(50),
                        random.nextInt(5_000));
            }
            insert.executeBatch();
        }
    }

    private void sessions(int sessions, int users) throws SQLException {
        try (PreparedStatement insert = sqlite.prepareStatement(
                "insert into chat_sessions (id, session_id, user_id, created_at, updated_at) values (?, ?, ?, ?, ?)")) {
            for (int id = 1; id <= sessions; id++) {
                String user = id == 1
                        ? "user-1" // who has documents
                        : id % MESSAGES_OF_AN_ORPHAN == 0
                                ? id % 2 == 0 ? null : "user-who-left"
                                : "user-" + (1 + random.nextInt(users));
                add(insert, id, "session-" + id, user, chat.time(), chat.time());
            }
            insert.executeBatch();
        }
    }

    private void messages(int sessions) throws SQLException {
        try (PreparedStatement insert = sqlite.prepareStatement("insert into chat_messages"
                + " (id, session_id, role, content, sources, created_at) values (?, ?, ?, ?, ?, ?)")) {
            for (int id = 1; id <= messages; id++) {
                boolean asked = id % 2 == 1;
                String session = id % MESSAGES_OF_AN_ORPHAN == 0
                        ? "session-that-was-deleted"
                        : "session-" + (1 + random.nextInt(sessions));
                String content = asked ? chat.question() : chat.answer();
                add(
                        insert,
                        id,
                        session,
                        asked ? "user" : "assistant",
                        id % MESSAGES_OF_A_NUL == 0 ? content + "\u0000" : content,
                        asked ? null : id % MESSAGES_OF_A_BROKEN_SOURCE == 0 ? "[{\"source\": " : chat.sources(),
                        chat.time());
                if (id % 10_000 == 0) {
                    insert.executeBatch();
                }
            }
            insert.executeBatch();
        }
    }

    private void logs(int users) throws SQLException {
        try (PreparedStatement log = sqlite.prepareStatement(
                        "insert into usage_logs (user_id, action, details, created_at) values (?, ?, ?, ?)");
                PreparedStatement sync = sqlite.prepareStatement(
                        "insert into notion_syncs"
                                + " (user_id, page_id, page_title, status, error_message, created_at) values (?, ?, ?, ?, ?, ?)")) {
            for (int i = 0; i < Math.max(100, messages / MESSAGES_OF_A_LOG); i++) {
                String user = "user-" + (1 + random.nextInt(users));
                add(
                        log,
                        user,
                        "query",
                        i % MESSAGES_OF_AN_ORPHAN == 0 ? "{broken" : "{\"chars\": " + i + "}",
                        chat.time());
                if (i % 10 == 0) {
                    add(sync, user, "page-" + i, chat.question(), "success", null, chat.time());
                }
            }
            log.executeBatch();
            sync.executeBatch();
        }
    }

    /** Rows that PostgreSQL has no place for; their ids follow all others, as their transactions came last. */
    private Map<String, Map<String, Long>> plant(int users) throws SQLException {
        int id = users;
        String user = "insert into users (id, user_id, ";
        execute(user + "created_at) values (" + ++id + ", 'odd-1', 'yesterday')");
        execute(user + "last_login) values (" + ++id + ", 'odd-2', 9e999)"); // infinity
        execute(user + "is_anonymous) values (" + ++id + ", 'odd-3', 2)");
        execute(user + "email) values (" + ++id + ", 'odd-4', x'00ff')");
        execute(user + "email) values (" + ++id + ", 'odd-5', 'person1@example.org')");
        execute(user + "total_queries) values (" + ++id + ", 'odd-6', 9223372036854775807)");
        execute(user + "email) values (" + ++id + ", 'odd-7', null)"); // without a value, and fits
        execute("insert into users (id, user_id) values (-1, 'odd-8')");
        execute("insert into chat_messages (session_id, content) values (null, x'c0ffee')");
        execute("insert into chat_messages (session_id, created_at) values ('session-1', '2026-02-30 10:00:00')");
        String message = "insert into chat_messages (session_id, content) values ('session-1', ";
        execute(message + "hex(randomblob(5000000)))"); // 10 MB
        execute(message + "hex(randomblob(1000000)))"); // 2 MB, which fit
        execute(message + "cast(x'6361666520e9' as text))"); // no UTF-8, which becomes U+FFFD
        execute("insert into usage_logs (user_id, created_at) values (null, 'never')");
        return new TreeMap<>(Map.of(
                "users",
                new TreeMap<>(Map.of(
                        "odd-date",
                        2L,
                        "not-boolean",
                        1L,
                        "blob",
                        1L,
                        "duplicate",
                        1L,
                        "not-integer",
                        1L,
                        "id-out-of-range",
                        1L)),
                "chat_messages",
                new TreeMap<>(Map.of("blob", 1L, "odd-date", 1L, "too-large", 1L)),
                "usage_logs",
                new TreeMap<>(Map.of("odd-date", 1L))));
    }

    private static void add(PreparedStatement insert, @Nullable Object... values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            insert.setObject(i + 1, values[i]);
        }
        insert.addBatch();
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = sqlite.createStatement()) {
            statement.execute(sql);
        }
    }
}
