package io.knowledgebase.local.cutover.demo;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * People who go on chatting, at a steady rate, wherever the application's database is, and who remember what they have
 * been told is stored. For one controlling thread.
 */
final class People implements AutoCloseable {

    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final double P99 = 0.99;

    private final Random random;
    private final Chat chat;
    private final LegacyDatabase.Made made;
    /** What was acknowledged of messages that were written here, by id. */
    private final Map<Long, String> written = new TreeMap<>();

    private final List<Long> ids = new ArrayList<>();
    private final List<Long> latencies = new ArrayList<>();
    private Connection database;
    private boolean onSqlite = true;
    private @Nullable Thread thread;
    private long begunNanos;
    private volatile boolean writing;
    private volatile @Nullable String refusal;
    private final AtomicLong writes = new AtomicLong();

    People(Connection sqlite, LegacyDatabase.Made made, long seed) {
        this.database = sqlite;
        this.made = made;
        this.random = new Random(seed);
        this.chat = new Chat(random);
    }

    /**
     * How long they waited for the database.
     *
     * @param perSecond writes
     */
    record Waits(double perSecond, double medianMs, double p99Ms, double worstMs) {}

    /** Writes as fast as it goes, each in its own transaction. */
    Waits burst(int seconds) throws SQLException {
        latencies.clear();
        long begun = System.nanoTime();
        int done = 0;
        while (System.nanoTime() - begun < seconds * SECOND_NANOS) {
            timed();
            done++;
        }
        return waits(done, System.nanoTime() - begun);
    }

    /** Goes on with another database, by the same names. */
    void moveTo(Connection postgresql) throws SQLException {
        Connection left = database;
        database = postgresql;
        onSqlite = false;
        left.close();
    }

    /** Writes at a rate until they are paused, or refused. */
    void start(int perSecond) {
        refusal = null;
        writing = true;
        latencies.clear();
        writes.set(0);
        begunNanos = System.nanoTime();
        Thread started = new Thread(() -> write(perSecond), "people");
        started.setDaemon(true);
        thread = started;
        started.start();
    }

    private void write(int perSecond) {
        try {
            while (writing) {
                long due = begunNanos + writes.get() * SECOND_NANOS / perSecond;
                long early = due - System.nanoTime();
                if (early > 0) {
                    TimeUnit.NANOSECONDS.sleep(early);
                }
                timed();
                writes.incrementAndGet();
            }
        } catch (SQLException e) {
            refusal = String.valueOf(e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends what {@link #start} began; tells how it went. */
    Waits pause() throws InterruptedException {
        writing = false;
        awaitRefusal();
        return waits(latencies.size(), System.nanoTime() - begunNanos);
    }

    /** Writes since they were started. */
    long writes() {
        return writes.get();
    }

    /** Waits until they have ended; tells what the database said if it took nothing any more. */
    String awaitRefusal() throws InterruptedException {
        Thread started = thread;
        if (started != null) {
            started.join();
        }
        return String.valueOf(refusal);
    }

    private Waits waits(int done, long nanos) {
        List<Long> sorted = latencies.stream().sorted().toList();
        return new Waits(done * (double) SECOND_NANOS / nanos, at(sorted, 0.5), at(sorted, P99), at(sorted, 1));
    }

    private static double at(List<Long> sorted, double quantile) {
        return sorted.isEmpty()
                ? 0
                : sorted.get((int) Math.min(sorted.size() - 1L, Math.round(sorted.size() * quantile))) / 1e6;
    }

    private void timed() throws SQLException {
        long begun = System.nanoTime();
        writeOnce();
        latencies.add(System.nanoTime() - begun);
    }

    private void writeOnce() throws SQLException {
        int kind = random.nextInt(100);
        if (kind < 60 || ids.isEmpty()) {
            say();
        } else if (kind < 70) {
            update(
                    "update chat_sessions set updated_at = ? where id = ?",
                    chat.time(),
                    1 + random.nextInt(made.sessions()));
        } else if (kind < 80) {
            update(
                    "update users set total_queries = total_queries + 1, last_login = ? where id = ?",
                    chat.time(),
                    1 + random.nextInt(made.users()));
        } else if (kind < 88) {
            long id = one();
            String content = chat.question();
            update("update chat_messages set content = ? where id = ?", content, id);
            written.put(id, content);
        } else if (kind < 94) {
            long id = one();
            update("delete from chat_messages where id = ?", id);
            written.remove(id);
            ids.remove(id);
        } else {
            replaceLog();
        }
    }

    private long one() {
        return ids.get(random.nextInt(ids.size()));
    }

    private void say() throws SQLException {
        boolean asked = random.nextBoolean();
        String content = asked ? chat.question() : chat.answer();
        try (PreparedStatement insert = database.prepareStatement("insert into chat_messages"
                + " (session_id, role, content, sources, created_at) values (?, ?, ?, ?, ?) returning id")) {
            set(
                    insert,
                    "session-" + (1 + random.nextInt(made.sessions())),
                    asked ? "user" : "assistant",
                    content,
                    asked ? null : chat.sources(),
                    chat.time());
            try (ResultSet row = insert.executeQuery()) {
                row.next();
                long id = row.getLong(1);
                written.put(id, content);
                ids.add(id);
            }
        }
    }

    /** SQLite tells no trigger which row it removes for a REPLACE. */
    private void replaceLog() throws SQLException {
        int id = 1 + random.nextInt(100);
        String values = " into usage_logs (id, user_id, action, details, created_at) values (?, ?, 'query', '{}', ?)";
        update(
                onSqlite
                        ? "insert or replace" + values
                        : "insert" + values + " on conflict (id) do update set user_id = excluded.user_id,"
                                + " action = excluded.action, details = excluded.details, created_at = excluded.created_at",
                id,
                "user-" + (1 + random.nextInt(made.users())),
                chat.time());
    }

    private void update(String sql, @Nullable Object... values) throws SQLException {
        try (PreparedStatement statement = database.prepareStatement(sql)) {
            set(statement, values);
            statement.executeUpdate();
        }
    }

    private static void set(PreparedStatement statement, @Nullable Object... values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
    }

    /**
     * What a database lacks of what was stored, and what it has too much.
     *
     * @param lost acknowledged messages that are not there as they were written last
     * @param doubled messages that nobody has written, or that were deleted
     */
    record Missed(long lost, long doubled) {}

    Missed compare(Connection other) throws SQLException {
        Map<Long, String> found = new HashMap<>();
        try (Statement statement = other.createStatement();
                ResultSet rows = statement.executeQuery("select id, content from chat_messages where id > "
                        + (made.messages() + LegacyDatabase.ODD_MESSAGES))) {
            while (rows.next()) {
                found.put(rows.getLong(1), rows.getString(2));
            }
        }
        long lost = written.entrySet().stream()
                .filter(message -> !message.getValue().equals(found.get(message.getKey())))
                .count();
        long doubled =
                found.keySet().stream().filter(id -> !written.containsKey(id)).count();
        return new Missed(lost, doubled);
    }

    @Override
    public void close() throws SQLException {
        writing = false;
        database.close();
    }
}
