package io.knowledgebase.ingest.notion.connection;

import io.knowledgebase.ingest.notion.Times;
import io.knowledgebase.ingest.notion.connection.Connection.State;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;

/** SQL of connections. */
final class ConnectionStore {

    private static final String CONNECTIONS = """
            select c.connection_id, c.workspace_id, c.workspace_name, c.api_version, c.requests_per_minute, c.state,
                   case when c.state <> 'active' or c.paused_until > now() then c.detail end as detail, c.state_since, case when c.paused_until > now() then c.paused_until end as paused_until,
                   c.created_at, c.reconciled_at, c.listed_at,
                   (select count(*) from notion_entities e
                    where e.connection_id = c.connection_id and e.kind = 'page' and not e.gone) as pages,
                   (select count(*) from notion_tasks t where t.connection_id = c.connection_id) as waiting,
                   (select count(*) from notion_entities e
                    where e.connection_id = c.connection_id and e.kind = 'page' and e.detail is not null and not e.gone)
                   as failing
            from notion_connections c
            """;

    private final JdbcClient jdbc;

    ConnectionStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    List<Connection> list(String userId) {
        return jdbc.sql(CONNECTIONS + " where c.user_id = :user order by c.created_at")
                .param("user", userId)
                .query((row, number) -> connection(row))
                .list();
    }

    Optional<Connection> find(String userId, UUID connectionId) {
        return jdbc.sql(CONNECTIONS + " where c.user_id = :user and c.connection_id = :id")
                .param("user", userId)
                .param("id", connectionId)
                .query((row, number) -> connection(row))
                .optional();
    }

    /** The connection that the user has to the workspace already. */
    Optional<UUID> find(String userId, String workspaceId) {
        return jdbc.sql("""
                select connection_id from notion_connections
                where user_id = :user and workspace_id = cast(:workspace as uuid)
                """)
                .param("user", userId)
                .param("workspace", workspaceId)
                .query(UUID.class)
                .optional();
    }

    /** Adds a connection, or gives the one that is there its new token; false if it is being deleted. */
    boolean save(
            UUID connectionId,
            String userId,
            String workspaceId,
            String workspaceName,
            byte[] sealedToken,
            String apiVersion,
            int requestsPerMinute) {
        return jdbc.sql("""
                insert into notion_connections (connection_id, user_id, workspace_id, workspace_name, sealed_token,
                                                api_version, requests_per_minute, state)
                values (:id, :user, cast(:workspace as uuid), :name, :token, :version, :requests, 'active')
                on conflict (connection_id) do update
                set workspace_name = excluded.workspace_name, sealed_token = excluded.sealed_token,
                    api_version = excluded.api_version, requests_per_minute = excluded.requests_per_minute,
                    state = 'active', detail = null, state_since = now(), paused_until = null, listing_wanted = true
                where notion_connections.state <> 'deleting'
                """)
                        .param("id", connectionId)
                        .param("user", userId)
                        .param("workspace", workspaceId)
                        .param("name", workspaceName)
                        .param("token", sealedToken)
                        .param("version", apiVersion)
                        .param("requests", requestsPerMinute)
                        .update()
                == 1;
    }

    void delete(UUID connectionId) {
        jdbc.sql(
                        "update notion_connections set state = 'deleting', detail = null, state_since = now() where connection_id = :id")
                .param("id", connectionId)
                .update();
    }

    /** Unless somebody has connected since; true if it was active. */
    boolean needsAttention(UUID connectionId, Instant readSince, String detail) {
        return jdbc.sql("""
                update notion_connections set state = 'needs-attention', detail = :detail, state_since = now()
                where connection_id = :id and state = 'active' and state_since <= :since
                """)
                        .param("detail", detail)
                        .param("id", connectionId)
                        .param("since", Times.utc(readSince))
                        .update()
                == 1;
    }

    void pause(UUID connectionId, Duration pause, String reason) {
        jdbc.sql("""
                update notion_connections
                set paused_until = clock_timestamp() + :pause * interval '1 ms',
                    detail = case when state = 'active' then :reason else detail end
                where connection_id = :id
                """)
                .param("pause", pause.toMillis())
                .param("reason", reason)
                .param("id", connectionId)
                .update();
    }

    Optional<SealedConnection> open(UUID connectionId) {
        return jdbc.sql("""
                select user_id, sealed_token, api_version, requests_per_minute, workspace_name
                from notion_connections
                where connection_id = :id
                """)
                .param("id", connectionId)
                .query((row, number) -> new SealedConnection(
                        row.getString("user_id"),
                        row.getBytes("sealed_token"),
                        row.getString("api_version"),
                        row.getInt("requests_per_minute"),
                        row.getString("workspace_name")))
                .optional();
    }

    void addConsent(String state, String userId, Duration validity) {
        jdbc.sql("delete from notion_consents where expires_at < now()").update();
        jdbc.sql("insert into notion_consents values (:state, :user, now() + :validity * interval '1 ms')")
                .param("state", state)
                .param("user", userId)
                .param("validity", validity.toMillis())
                .update();
    }

    /** True once, for the user who was sent to the consent page. */
    boolean takeConsent(String state, String userId) {
        return jdbc.sql("delete from notion_consents where state = :state and user_id = :user and expires_at > now()")
                        .param("state", state)
                        .param("user", userId)
                        .update()
                == 1;
    }

    private static Connection connection(ResultSet row) throws SQLException {
        return new Connection(
                row.getObject("connection_id", UUID.class),
                row.getObject("workspace_id", UUID.class),
                row.getString("workspace_name"),
                row.getString("api_version"),
                row.getInt("requests_per_minute"),
                State.of(row.getString("state")),
                row.getString("detail"),
                row.getObject("state_since", OffsetDateTime.class).toInstant(),
                Times.of(row.getObject("paused_until", OffsetDateTime.class)),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getLong("pages"),
                row.getLong("waiting"),
                row.getLong("failing"),
                Times.of(row.getObject("reconciled_at", OffsetDateTime.class)),
                Times.of(row.getObject("listed_at", OffsetDateTime.class)));
    }

    /** A connection with its sealed token. */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    record SealedConnection(
            String userId, byte[] sealedToken, String apiVersion, int requestsPerMinute, String workspaceName) {}
}
