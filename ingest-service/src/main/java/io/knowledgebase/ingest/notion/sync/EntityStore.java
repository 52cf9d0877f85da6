package io.knowledgebase.ingest.notion.sync;

import io.knowledgebase.ingest.notion.Times;
import io.knowledgebase.schemas.DocumentId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** SQL of what is known of a connection's pages. */
final class EntityStore {

    private static final String ENTITIES = """
            select entity_id, kind, parent_id, title, path, last_edited_time, read_at, gone, detail is not null as failing
            from notion_entities
            """;

    private final JdbcClient jdbc;

    EntityStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    Optional<Entity> find(UUID connectionId, UUID entityId) {
        return jdbc.sql(ENTITIES + " where connection_id = :connection and entity_id = :entity")
                .param("connection", connectionId)
                .param("entity", entityId)
                .query((row, number) -> entity(row))
                .optional();
    }

    /** What the rows of a data source had when it was last read. */
    Optional<String> schemaDigest(UUID connectionId, UUID dataSourceId) {
        return jdbc.sql("""
                select schema_digest from notion_entities
                where connection_id = :connection and entity_id = :entity and schema_digest is not null
                """)
                .param("connection", connectionId)
                .param("entity", dataSourceId)
                .query(String.class)
                .optional();
    }

    List<Entity> all(UUID connectionId, EntityKind kind) {
        return jdbc.sql(ENTITIES + " where connection_id = :connection and kind = :kind")
                .param("connection", connectionId)
                .param("kind", kind.code())
                .query((row, number) -> entity(row))
                .list();
    }

    List<Entity> children(UUID connectionId, UUID parentId) {
        return jdbc.sql(ENTITIES + " where connection_id = :connection and parent_id = :parent")
                .param("connection", connectionId)
                .param("parent", parentId)
                .query((row, number) -> entity(row))
                .list();
    }

    /** Pages that were not read for so long, longest ago first. */
    List<UUID> readBefore(UUID connectionId, Duration age, int limit) {
        return jdbc.sql("""
                select entity_id from notion_entities
                where connection_id = :connection and kind = 'page' and not gone
                  and read_at < now() - :age * interval '1 ms' and detail is null and out_of_sight is null
                order by read_at
                limit :limit
                """)
                .param("connection", connectionId)
                .param("age", age.toMillis())
                .param("limit", limit)
                .query(UUID.class)
                .list();
    }

    /** What could not be read at the last try, or was out of sight. */
    List<UUID> unsettled(UUID connectionId) {
        return jdbc.sql("""
                select entity_id from notion_entities
                where connection_id = :connection and kind = 'page' and not gone
                  and (detail is not null or out_of_sight is not null)
                """).param("connection", connectionId).query(UUID.class).list();
    }

    /** Puts down a page that is going to be kept, or that is back. */
    void announce(UUID connectionId, UUID pageId) {
        jdbc.sql("""
                insert into notion_entities as e (connection_id, entity_id, kind, title, path)
                values (:connection, :page, 'page', '', '')
                on conflict (connection_id, entity_id) do update
                set gone = false, read_at = null, title = '', path = ''
                where e.gone
                """).param("connection", connectionId).param("page", pageId).update();
    }

    /** Keeps what was read; it is not failing any more. */
    void save(UUID connectionId, Entity entity, String skippedBlocks, @Nullable String schemaDigest) {
        jdbc.sql("""
                insert into notion_entities as e (connection_id, entity_id, kind, parent_id, title, path,
                                                  last_edited_time, read_at, gone, skipped_blocks, schema_digest)
                values (:connection, :entity, :kind, :parent, :title, :path, :lastEdited, :readAt, :gone,
                        cast(:skipped as jsonb), :schema)
                on conflict (connection_id, entity_id) do update
                set kind = excluded.kind, parent_id = excluded.parent_id, title = excluded.title, path = excluded.path,
                    last_edited_time = excluded.last_edited_time, read_at = excluded.read_at, gone = excluded.gone,
                    skipped_blocks = excluded.skipped_blocks, schema_digest = excluded.schema_digest, detail = null, out_of_sight = null
                """)
                .param("connection", connectionId)
                .param("entity", entity.entityId())
                .param("kind", entity.kind().code())
                .param("parent", entity.parentId())
                .param("title", entity.title())
                .param("path", entity.path())
                .param("lastEdited", Times.utc(entity.lastEditedTime()))
                .param("readAt", Times.utc(entity.readAt()))
                .param("gone", entity.gone())
                .param("skipped", skippedBlocks)
                .param("schema", schemaDigest)
                .update();
    }

    void markGone(UUID connectionId, UUID entityId) {
        jdbc.sql("""
                update notion_entities
                set gone = true, read_at = clock_timestamp(), detail = null, out_of_sight = null,
                    awaited_version = null, event_time = null
                where connection_id = :connection and entity_id = :entity
                """)
                .param("connection", connectionId)
                .param("entity", entityId)
                .update();
    }

    /** Not found: only a listing tells whether it is gone, so one is wanted. */
    void markOutOfSight(UUID connectionId, UUID entityId) {
        jdbc.sql("""
                with marked as (
                    update notion_entities set out_of_sight = coalesce(out_of_sight, now())
                    where connection_id = :connection and entity_id = :entity and not gone
                    returning connection_id
                )
                update notion_connections c set listing_wanted = true
                from marked where c.connection_id = marked.connection_id
                """)
                .param("connection", connectionId)
                .param("entity", entityId)
                .update();
    }

    /** What cannot be read keeps the text it has. */
    void markFailing(UUID connectionId, UUID entityId, EntityKind kind, String detail) {
        jdbc.sql("""
                insert into notion_entities as e (connection_id, entity_id, kind, title, path, detail)
                values (:connection, :entity, :kind, '', '', :detail)
                on conflict (connection_id, entity_id) do update set detail = excluded.detail
                """)
                .param("connection", connectionId)
                .param("entity", entityId)
                .param("kind", kind.code())
                .param("detail", detail)
                .update();
    }

    /** The time from the event to the index is taken when the version is indexed. */
    void await(UUID connectionId, UUID entityId, UUID documentId, int version, Instant eventTime) {
        jdbc.sql("""
                update notion_entities
                set awaited_document = :document, awaited_version = :version,
                    event_time = case when awaited_version is null then cast(:time as timestamptz)
                                      else least(event_time, cast(:time as timestamptz)) end
                where connection_id = :connection and entity_id = :entity
                """)
                .param("connection", connectionId)
                .param("entity", entityId)
                .param("document", documentId)
                .param("version", version)
                .param("time", Times.utc(eventTime))
                .update();
    }

    /** Times from an event to the index, of versions that were indexed since the last call. */
    List<Duration> takeFreshness() {
        return jdbc
                .sql("""
                with indexed as (
                    select e.connection_id, e.entity_id, e.awaited_version, e.event_time,
                           case when i.state <> 'failed' then i.indexed_at end as indexed_at
                    from notion_entities e
                    join documents d on d.document_id = e.awaited_document
                    join index_generations g on g.state = 'live'
                    join indexed_documents i on i.generation = g.generation and i.document_id = d.document_id
                         and i.version = d.version and i.attempt = d.attempt
                    where e.awaited_version is not null and i.version >= e.awaited_version
                )
                update notion_entities e
                set awaited_version = null, event_time = null
                from indexed
                where e.connection_id = indexed.connection_id and e.entity_id = indexed.entity_id
                  and e.awaited_version = indexed.awaited_version
                returning cast(extract(epoch from indexed.indexed_at - indexed.event_time) * 1000 as double precision)
                """)
                .query((row, number) -> Optional.ofNullable(row.getObject(1, Double.class))
                        .map(ms -> Duration.ofMillis(ms.longValue())))
                .list()
                .stream()
                .flatMap(Optional::stream)
                .toList();
    }

    List<UUID> commentedBlocks(UUID connectionId, UUID pageId) {
        return jdbc.sql("""
                select block_id from notion_commented_blocks
                where connection_id = :connection and page_id = :page
                order by block_id
                """)
                .param("connection", connectionId)
                .param("page", pageId)
                .query(UUID.class)
                .list();
    }

    void forgetComments(UUID connectionId, UUID pageId, UUID blockId) {
        jdbc.sql("""
                delete from notion_commented_blocks
                where connection_id = :connection and page_id = :page and block_id = :block
                """)
                .param("connection", connectionId)
                .param("page", pageId)
                .param("block", blockId)
                .update();
    }

    /** When the files of a page were last edited, by id; of one that could not be indexed a blank. */
    Map<String, String> files(UUID connectionId, UUID pageId) {
        Map<String, String> files = new HashMap<>();
        jdbc.sql("""
                select file_id, case when detail is null then last_edited_time else '' end
                from notion_files
                where connection_id = :connection and page_id = :page
                """).param("connection", connectionId).param("page", pageId).query(row -> {
            files.put(row.getString(1), row.getString(2));
        });
        return files;
    }

    void saveFile(UUID connectionId, UUID pageId, String fileId, String lastEditedTime, @Nullable String detail) {
        jdbc.sql("""
                insert into notion_files values (:connection, :page, :file, :time, :detail)
                on conflict (connection_id, page_id, file_id) do update
                set last_edited_time = excluded.last_edited_time, detail = excluded.detail
                """)
                .param("connection", connectionId)
                .param("page", pageId)
                .param("file", fileId)
                .param("time", lastEditedTime)
                .param("detail", detail)
                .update();
    }

    void removeFile(UUID connectionId, UUID pageId, String fileId) {
        jdbc.sql("""
                delete from notion_files
                where connection_id = :connection and page_id = :page and file_id = :file
                """)
                .param("connection", connectionId)
                .param("page", pageId)
                .param("file", fileId)
                .update();
    }

    /** Pages in the order of their ids, the first ones after one. */
    List<UUID> pageIds(UUID connectionId, UUID after, int limit) {
        return jdbc.sql("""
                select entity_id from notion_entities
                where connection_id = :connection and kind = 'page' and entity_id > :after
                order by entity_id
                limit :limit
                """)
                .param("connection", connectionId)
                .param("after", after)
                .param("limit", limit)
                .query(UUID.class)
                .list();
    }

    void removeConnection(UUID connectionId) {
        jdbc.sql("""
                with ended as (
                    update notion_syncs set status = 'failed', error_message = 'The connection was deleted.'
                    where id in (select run_id from notion_runs
                                 where connection_id = :connection and state <> 'done')
                ), forgotten as (
                    delete from notion_syncs
                    where id in (select run_id from notion_runs where connection_id = :connection and state = 'done')
                )
                delete from notion_connections where connection_id = :connection and state = 'deleting'
                """).param("connection", connectionId).update();
    }

    boolean isConnectionOf(String userId, UUID connectionId) {
        return jdbc.sql("""
                select exists (select from notion_connections where connection_id = :connection and user_id = :user)
                """)
                .param("connection", connectionId)
                .param("user", userId)
                .query(Boolean.class)
                .single();
    }

    /** Pages of a user's connection that are not gone, in the order of their ids, after one; null for any state. */
    List<KnownPage> pages(String userId, UUID connectionId, KnownPage.@Nullable State state, UUID after, int limit) {
        return jdbc.sql("""
                select entity_id, title, path, last_edited_time, read_at, state, detail, skipped_blocks
                from (select e.entity_id, e.title, e.path, e.last_edited_time, e.read_at, e.skipped_blocks,
                             case when c.state = 'needs-attention' then c.detail else e.detail end as detail,
                             case when c.state = 'needs-attention' then 'stale'
                                  when e.detail is not null then 'failing'
                                  when e.out_of_sight is not null then 'out-of-sight'
                                  when e.read_at is null
                                       or exists (select from notion_tasks t
                                                  where t.connection_id = e.connection_id
                                                    and t.entity_id = e.entity_id) then 'waiting'
                                  when exists (select from documents d
                                               where d.user_id = c.user_id and d.source_type = :sourceType
                                                 and d.source_id = e.entity_id::text and d.deleted) then 'removed'
                                  else 'current' end as state
                      from notion_entities e
                      join notion_connections c on c.connection_id = e.connection_id
                      where c.connection_id = :connection and c.user_id = :user and e.kind = 'page' and not e.gone
                        and e.entity_id > :after) page
                where cast(:state as varchar) is null or state = :state
                order by entity_id
                limit :limit
                """)
                .param("connection", connectionId)
                .param("user", userId)
                .param("sourceType", PageReader.SOURCE_TYPE)
                .param("after", after)
                .param("state", state == null ? null : state.code())
                .param("limit", limit)
                .query((row, number) -> page(row, userId))
                .list();
    }

    private static KnownPage page(ResultSet row, String userId) throws SQLException {
        UUID pageId = row.getObject("entity_id", UUID.class);
        return new KnownPage(
                pageId,
                DocumentId.of(userId, PageReader.SOURCE_TYPE, pageId.toString()),
                row.getString("title"),
                row.getString("path"),
                Times.of(row.getObject("last_edited_time", OffsetDateTime.class)),
                Times.of(row.getObject("read_at", OffsetDateTime.class)),
                KnownPage.State.of(row.getString("state")).orElseThrow(),
                row.getString("detail"),
                row.getString("skipped_blocks"));
    }

    private static Entity entity(ResultSet row) throws SQLException {
        return new Entity(
                row.getObject("entity_id", UUID.class),
                EntityKind.of(row.getString("kind")),
                row.getObject("parent_id", UUID.class),
                row.getString("title"),
                row.getString("path"),
                Times.of(row.getObject("last_edited_time", OffsetDateTime.class)),
                Times.of(row.getObject("read_at", OffsetDateTime.class)),
                row.getBoolean("gone"),
                row.getBoolean("failing"));
    }
}
