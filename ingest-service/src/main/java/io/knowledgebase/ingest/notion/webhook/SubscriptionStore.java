package io.knowledgebase.ingest.notion.webhook;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** SQL of the verification tokens, and of the window in which one is taken. */
final class SubscriptionStore {

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;

    SubscriptionStore(JdbcClient jdbc, TransactionTemplate transaction) {
        this.jdbc = jdbc;
        this.transaction = transaction;
    }

    List<Subscription> all() {
        return jdbc.sql("""
                select subscription_key, sealed_token, subscription_id, taken_at from notion_subscriptions
                order by taken_at
                """)
                .query((row, number) -> new Subscription(
                        row.getObject("subscription_key", UUID.class),
                        row.getBytes("sealed_token"),
                        row.getObject("subscription_id", UUID.class),
                        row.getObject("taken_at", OffsetDateTime.class).toInstant()))
                .list();
    }

    /** The first event that a token has signed tells whose it is; false if that is another's. */
    boolean bind(UUID key, UUID subscriptionId) {
        return jdbc.sql("""
                update notion_subscriptions set subscription_id = :subscription
                where subscription_key = :key
                  and (subscription_id = :subscription
                       or subscription_id is null
                          and not exists (select from notion_subscriptions where subscription_id = :subscription))
                """)
                        .param("subscription", subscriptionId)
                        .param("key", key)
                        .update()
                == 1;
    }

    boolean remove(UUID key) {
        return jdbc.sql("delete from notion_subscriptions where subscription_key = :key")
                        .param("key", key)
                        .update()
                == 1;
    }

    /** Opens the window, or opens it anew: what the one before has taken stays a subscription. */
    Window open(UUID windowId, Duration time) {
        jdbc.sql("""
                insert into notion_window (window_id, open_until)
                values (:id, clock_timestamp() + :time * interval '1 ms')
                on conflict (only_row) do update
                set window_id = excluded.window_id, open_until = excluded.open_until, subscription_key = null
                """).param("id", windowId).param("time", time.toMillis()).update();
        return find(windowId).orElseThrow();
    }

    Optional<Window> find(UUID windowId) {
        return jdbc.sql("""
                select window_id, open_until, open_until > clock_timestamp() and subscription_key is null as open,
                       subscription_key
                from notion_window where window_id = :id
                """)
                .param("id", windowId)
                .query((row, number) -> new Window(
                        row.getObject("window_id", UUID.class),
                        row.getObject("open_until", OffsetDateTime.class).toInstant(),
                        row.getBoolean("open"),
                        row.getObject("subscription_key", UUID.class)))
                .optional();
    }

    void close(UUID windowId) {
        jdbc.sql("update notion_window set open_until = clock_timestamp() where window_id = :id")
                .param("id", windowId)
                .update();
    }

    /** Takes a token if the window is open and has taken none yet. */
    boolean take(UUID key, byte[] sealedToken) {
        return Objects.requireNonNull(transaction.execute(status -> {
            boolean open = jdbc.sql("""
                    select exists (select from notion_window
                                   where open_until > clock_timestamp() and subscription_key is null for update)
                    """).query(Boolean.class).single();
            if (open) {
                jdbc.sql("insert into notion_subscriptions (subscription_key, sealed_token) values (:key, :token)")
                        .param("key", key)
                        .param("token", sealedToken)
                        .update();
                jdbc.sql("update notion_window set subscription_key = :key")
                        .param("key", key)
                        .update();
            }
            return open;
        }));
    }

    /**
     * A webhook of an integration, by the token that signs its events.
     *
     * @param subscriptionId null until the first event came
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    record Subscription(
            UUID key, byte[] sealedToken, @Nullable UUID subscriptionId, Instant takenAt) {}

    /**
     * The time in which a token is taken.
     *
     * @param taken the key of what was taken
     */
    record Window(
            UUID windowId,
            Instant openUntil,
            boolean open,
            @Nullable UUID taken) {}
}
