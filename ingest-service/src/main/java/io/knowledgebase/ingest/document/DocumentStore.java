package io.knowledgebase.ingest.document;

import static java.util.stream.Collectors.toMap;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** Documents and their contents in PostgreSQL. */
final class DocumentStore {

    private static final int PART_BYTES = 1024 * 1024;
    private static final int SMALL_BYTES = 64 * 1024;

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;

    DocumentStore(JdbcClient jdbc, TransactionTemplate transaction) {
        this.jdbc = jdbc;
        this.transaction = transaction;
    }

    /** Stores all submissions or none; no two are of the same document. The answers are in the same order. */
    List<Accepted> accept(List<Submission> submissions) {
        return Objects.requireNonNull(transaction.execute(status -> {
            lock(submissions);
            Map<UUID, Known> known = known(submissions);
            List<Submission> changed = submissions.stream()
                    .filter(submission -> known(known, submission).differs())
                    .toList();
            Map<UUID, Integer> versions = Map.of();
            if (!changed.isEmpty()) {
                List<Known> replaced = changed.stream()
                        .map(submission -> known(known, submission))
                        .toList();
                storeContents(changed, replaced);
                versions = storeDocuments(changed);
                removeUnreferenced(replaced.stream()
                        .map(Known::contentSha256)
                        .filter(Objects::nonNull)
                        .toList());
            }
            Map<UUID, Integer> newVersions = versions;
            return submissions.stream()
                    .map(submission -> {
                        Known before = known(known, submission);
                        Integer version = newVersions.get(submission.documentId());
                        return version == null
                                ? new Accepted(
                                        submission.documentId(),
                                        submission.sourceId(),
                                        before.version(),
                                        before.status(),
                                        true)
                                : new Accepted(
                                        submission.documentId(),
                                        submission.sourceId(),
                                        version,
                                        DocumentStatus.ACCEPTED,
                                        false);
                    })
                    .toList();
        }));
    }

    /** The advisory lock stands for the row of a document that has none yet. */
    private void lock(List<Submission> submissions) {
        String[] ids = ids(submissions.stream().map(Submission::documentId).toList());
        jdbc.sql("""
                select pg_advisory_xact_lock(hashtextextended(ordered.id, 0))
                from (select id from unnest(cast(:ids as text[])) as wanted (id) order by id) as ordered
                """).param("ids", ids).query().listOfRows();
        jdbc.sql("""
                select document_id from documents
                where document_id = any (cast(:ids as uuid[]))
                order by document_id
                for update
                """).param("ids", ids).query().listOfRows();
    }

    private Map<UUID, Known> known(List<Submission> submissions) {
        return jdbc
                .sql("""
                select s.document_id, coalesce(d.version, 0) as version, d.content_bytes,
                       encode(d.content_sha256, 'hex') as content_sha256,
                       case when d.deleted then 'deleted' else coalesce(i.state, 'accepted') end as status,
                       d.document_id is null
                           or d.deleted
                           or i.state is not distinct from 'failed'
                           or d.content_sha256 <> decode(s.content_sha256, 'hex')
                           or d.title is distinct from s.title
                           or d.source_url is distinct from s.source_url
                           or d.metadata <> cast(s.metadata as jsonb) as differs
                from unnest(cast(:ids as uuid[]), cast(:hashes as text[]), cast(:titles as text[]),
                            cast(:sourceUrls as text[]), cast(:metadata as text[]))
                     as s (document_id, content_sha256, title, source_url, metadata)
                left join documents d on d.document_id = s.document_id
                left join index_generations g on g.state = 'live'
                left join indexed_documents i on i.generation = g.generation and i.document_id = d.document_id
                     and i.version = d.version and i.attempt = d.attempt
                """)
                .param(
                        "ids",
                        ids(submissions.stream().map(Submission::documentId).toList()))
                .param(
                        "hashes",
                        column(submissions, submission -> submission.content().sha256()))
                .param("titles", column(submissions, Submission::title))
                .param("sourceUrls", column(submissions, Submission::sourceUrl))
                .param("metadata", column(submissions, Submission::metadata))
                .query((row, number) -> new Known(
                        row.getObject("document_id", UUID.class),
                        row.getInt("version"),
                        row.getString("content_sha256"),
                        row.getLong("content_bytes"),
                        status(row),
                        row.getBoolean("differs")))
                .list()
                .stream()
                .collect(toMap(Known::documentId, Function.identity()));
    }

    /** Also locks the contents that may have to go: a removal and an upload of the same bytes take turns. */
    private void storeContents(List<Submission> changed, List<Known> replaced) {
        Map<String, Long> sizes = new TreeMap<>();
        replaced.stream()
                .filter(known -> known.contentSha256() != null)
                .forEach(known -> sizes.put(Objects.requireNonNull(known.contentSha256()), known.contentBytes()));
        changed.forEach(submission ->
                sizes.put(submission.content().sha256(), submission.content().bytes()));
        Set<String> missing = new TreeSet<>(jdbc
                .sql("""
                insert into document_contents (content_sha256, bytes)
                select decode(c.content_sha256, 'hex'), c.bytes
                from unnest(cast(:hashes as text[]), cast(:sizes as bigint[])) as c (content_sha256, bytes)
                order by c.content_sha256
                on conflict (content_sha256) do update set created_at = document_contents.created_at
                returning case when xmax = 0 then encode(content_sha256, 'hex') end
                """)
                .param("hashes", sizes.keySet().toArray(String[]::new))
                .param("sizes", sizes.values().toArray(Long[]::new))
                .query((row, number) -> Optional.ofNullable(row.getString(1)))
                .list()
                .stream()
                .flatMap(Optional::stream)
                .toList());
        List<Content> added = changed.stream()
                .map(Submission::content)
                .filter(content -> missing.remove(content.sha256()))
                .toList();
        storeWhole(added.stream()
                .filter(content -> content.bytes() > 0 && content.bytes() <= SMALL_BYTES)
                .toList());
        added.stream().filter(content -> content.bytes() > SMALL_BYTES).forEach(this::storeParts);
    }

    /** Small contents in one statement: for a batch of texts, round trips are what costs. */
    private void storeWhole(List<Content> contents) {
        if (!contents.isEmpty()) {
            jdbc.sql("""
                    insert into document_content_parts (content_sha256, part, data)
                    select decode(c.content_sha256, 'hex'), 0, c.data
                    from unnest(cast(:hashes as text[]), cast(:data as bytea[])) as c (content_sha256, data)
                    """)
                    .param("hashes", contents.stream().map(Content::sha256).toArray(String[]::new))
                    .param("data", contents.stream().map(DocumentStore::read).toArray(byte[][]::new))
                    .update();
        }
    }

    private static byte[] read(Content content) {
        try (InputStream in = content.source().open()) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("the spooled upload " + content.sha256() + " cannot be read", e);
        }
    }

    private void storeParts(Content content) {
        long stored = 0;
        try (InputStream in = content.source().open()) {
            int part = 0;
            for (byte[] data = in.readNBytes(PART_BYTES); data.length > 0; data = in.readNBytes(PART_BYTES)) {
                jdbc.sql("""
                        insert into document_content_parts (content_sha256, part, data)
                        values (decode(:hash, 'hex'), :part, :data)
                        """)
                        .param("hash", content.sha256())
                        .param("part", part++)
                        .param("data", data)
                        .update();
                stored += data.length;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the spooled upload " + content.sha256() + " cannot be read", e);
        }
        if (stored != content.bytes()) {
            throw new IllegalStateException("the upload " + content.sha256() + " has " + stored + " bytes, not "
                    + content.bytes() + " as when it was hashed");
        }
    }

    private Map<UUID, Integer> storeDocuments(List<Submission> changed) {
        return jdbc
                .sql("""
                insert into documents (document_id, user_id, source_type, source_id, file_name, content_type, title,
                                       source_url, metadata, content_sha256, content_bytes, pending_since, created_at,
                                       updated_at)
                select s.document_id, s.user_id, s.source_type, s.source_id, s.file_name, s.content_type, s.title,
                       s.source_url, cast(s.metadata as jsonb), decode(s.content_sha256, 'hex'), s.content_bytes,
                       s.now, s.now, s.now
                from (select *, clock_timestamp() as now
                      from unnest(cast(:ids as uuid[]), cast(:users as text[]), cast(:sourceTypes as text[]),
                                  cast(:sourceIds as text[]), cast(:fileNames as text[]),
                                  cast(:contentTypes as text[]), cast(:titles as text[]),
                                  cast(:sourceUrls as text[]), cast(:metadata as text[]), cast(:hashes as text[]),
                                  cast(:sizes as bigint[]))
                           with ordinality
                           as u (document_id, user_id, source_type, source_id, file_name, content_type, title,
                                 source_url, metadata, content_sha256, content_bytes, position)) as s
                order by s.position
                on conflict (document_id) do update set
                    file_name = excluded.file_name, content_type = excluded.content_type, title = excluded.title,
                    source_url = excluded.source_url, metadata = excluded.metadata,
                    content_sha256 = excluded.content_sha256, content_bytes = excluded.content_bytes,
                    version = documents.version + 1, attempt = first_attempt(), replayed = false, deleted = false,
                    delivery = 'pending', pending_since = excluded.pending_since, published_at = null,
                    published_partition = null, published_offset = null, updated_at = excluded.pending_since
                returning document_id, version
                """)
                .param("ids", ids(changed.stream().map(Submission::documentId).toList()))
                .param("users", column(changed, Submission::userId))
                .param("sourceTypes", column(changed, Submission::sourceType))
                .param("sourceIds", column(changed, Submission::sourceId))
                .param("fileNames", column(changed, Submission::fileName))
                .param("contentTypes", column(changed, Submission::contentType))
                .param("titles", column(changed, Submission::title))
                .param("sourceUrls", column(changed, Submission::sourceUrl))
                .param("metadata", column(changed, Submission::metadata))
                .param(
                        "hashes",
                        column(changed, submission -> submission.content().sha256()))
                .param(
                        "sizes",
                        changed.stream()
                                .map(submission -> submission.content().bytes())
                                .toArray(Long[]::new))
                .query((row, number) -> Map.entry(row.getObject("document_id", UUID.class), row.getInt("version")))
                .list()
                .stream()
                .collect(toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** The contents are locked, and this is a statement of its own, so that it sees what others committed before. */
    private void removeUnreferenced(List<String> hashes) {
        if (!hashes.isEmpty()) {
            jdbc.sql("""
                    delete from document_contents c
                    using unnest(cast(:hashes as text[])) as candidate (content_sha256)
                    where c.content_sha256 = decode(candidate.content_sha256, 'hex')
                      and not exists (select from documents d where d.content_sha256 = c.content_sha256)
                    """).param("hashes", hashes.toArray(String[]::new)).update();
        }
    }

    /** Leaves a tombstone and removes the content if no other document refers to it; false if there is no document. */
    Deletion delete(String userId, UUID documentId) {
        return Objects.requireNonNull(transaction.execute(status -> {
            Optional<Optional<String>> content = jdbc.sql("""
                    select encode(content_sha256, 'hex') from documents
                    where document_id = :id and user_id = :user
                    for update
                    """)
                    .param("id", documentId)
                    .param("user", userId)
                    .query((row, number) -> Optional.ofNullable(row.getString(1)))
                    .optional();
            if (content.isEmpty()) {
                return Deletion.UNKNOWN;
            }
            if (content.get().isEmpty()) {
                return Deletion.DELETED_BEFORE;
            }
            jdbc.sql("select from document_contents where content_sha256 = decode(:hash, 'hex') for update")
                    .param("hash", content.get().get())
                    .query()
                    .listOfRows();
            jdbc.sql("""
                    update documents set
                        deleted = true, version = version + 1, attempt = first_attempt(), replayed = false, content_sha256 = null,
                        content_bytes = null, content_type = null, file_name = null, title = null,
                        source_url = null, metadata = '{}', delivery = 'pending', pending_since = clock_timestamp(),
                        published_at = null, published_partition = null, published_offset = null,
                        updated_at = clock_timestamp()
                    where document_id = :id
                    """).param("id", documentId).update();
            // With them its chunks are invisible, whatever becomes of the document later.
            jdbc.sql("delete from indexed_documents where document_id = :id")
                    .param("id", documentId)
                    .update();
            removeUnreferenced(List.of(content.get().get()));
            return Deletion.DELETED;
        }));
    }

    /**
     * Wishes to process the same version again.
     *
     * @param userId the owner, or null for anybody's document
     * @return the document as it is now, with the new attempt unless it is deleted
     */
    Optional<DocumentView> requeue(@Nullable String userId, UUID documentId) {
        return Objects.requireNonNull(transaction.execute(status -> {
            jdbc.sql("""
                    update documents set
                        attempt = attempt + 1, replayed = false, delivery = 'pending', pending_since = clock_timestamp(),
                        published_at = null, published_partition = null, published_offset = null,
                        updated_at = clock_timestamp()
                    where document_id = :id and not deleted
                      and (cast(:user as varchar) is null or user_id = :user)
                    """).param("id", documentId).param("user", userId).update();
            return read(userId, documentId);
        }));
    }

    /**
     * A document as it is now.
     *
     * @param userId the owner, or null for anybody's document
     */
    Optional<DocumentView> read(@Nullable String userId, UUID documentId) {
        return read(userId, Set.of(documentId)).stream().findFirst();
    }

    List<DocumentView> read(@Nullable String userId, Collection<UUID> documentIds) {
        return jdbc.sql("""
                select d.document_id, d.source_id, d.source_type, coalesce(d.title, i.title) as title, d.source_url,
                       coalesce(i.metadata, '{}') || d.metadata as metadata,
                       d.file_name, d.content_type, d.content_bytes, d.version, d.attempt, d.created_at, d.updated_at,
                       case when d.deleted then 'deleted' else coalesce(i.state, 'accepted') end as status,
                       i.reason, i.detail, i.warnings, i.chunks, i.embedded_chunks, i.reused_chunks, i.indexed_at,
                       case when i.state is null then s.staged_chunks end as staged_chunks, s.chunks as all_chunks
                from documents d
                left join index_generations g on g.state = 'live' and not d.deleted
                left join indexed_documents i on i.generation = g.generation and i.document_id = d.document_id
                     and i.version = d.version and i.attempt = d.attempt
                left join staged_documents s on s.generation = g.generation and s.document_id = d.document_id
                     and s.version = d.version and s.attempt = d.attempt
                where d.document_id = any (cast(:ids as uuid[]))
                  and (cast(:user as varchar) is null or d.user_id = :user)
                order by d.created_at desc, d.document_id desc
                """)
                .param("ids", ids(documentIds))
                .param("user", userId)
                .query((row, number) -> view(row))
                .list();
    }

    /** One page of a user's documents, newest first. */
    List<DocumentView> list(String userId, DocumentFilter filter) {
        List<UUID> page = jdbc.sql("""
                select d.document_id
                from documents d
                left join index_generations g on g.state = 'live' and not d.deleted
                left join indexed_documents i on i.generation = g.generation and i.document_id = d.document_id
                     and i.version = d.version and i.attempt = d.attempt
                where d.user_id = :user
                  and case when d.deleted then 'deleted' else coalesce(i.state, 'accepted') end
                      = any (cast(:statuses as text[]))
                  and (cardinality(cast(:sourceTypes as text[])) = 0
                      or d.source_type = any (cast(:sourceTypes as text[])))
                  and (:text = '' or strpos(lower(coalesce(d.title, i.title, '')), lower(:text)) > 0
                      or strpos(lower(d.source_id), lower(:text)) > 0)
                  and (d.created_at, d.document_id)
                      < (coalesce(cast(:afterTime as timestamptz), 'infinity'), cast(:afterId as uuid))
                order by d.created_at desc, d.document_id desc
                limit :limit
                """)
                .param("user", userId)
                .param(
                        "statuses",
                        filter.statuses().stream().map(DocumentStatus::code).toArray(String[]::new))
                .param("sourceTypes", filter.sourceTypes().toArray(String[]::new))
                .param("text", filter.text())
                .param(
                        "afterTime",
                        filter.after() == null
                                ? null
                                : filter.after().createdAt().atOffset(ZoneOffset.UTC))
                .param(
                        "afterId",
                        filter.after() == null ? new UUID(0, 0) : filter.after().documentId())
                .param("limit", filter.limit())
                .query((row, number) -> row.getObject(1, UUID.class))
                .list();
        return read(userId, page);
    }

    /** How many documents a user has in each status. */
    Map<DocumentStatus, Long> count(String userId) {
        Map<DocumentStatus, Long> counts = new EnumMap<>(DocumentStatus.class);
        Arrays.stream(DocumentStatus.values()).forEach(status -> counts.put(status, 0L));
        Map<DocumentStatus, Long> found = new HashMap<>();
        jdbc.sql("""
                select case when d.deleted then 'deleted' else coalesce(i.state, 'accepted') end as status, count(*)
                from documents d
                left join index_generations g on g.state = 'live' and not d.deleted
                left join indexed_documents i on i.generation = g.generation and i.document_id = d.document_id
                     and i.version = d.version and i.attempt = d.attempt
                where d.user_id = :user
                group by 1
                """)
                .param("user", userId)
                .query((row, number) -> found.put(status(row), row.getLong(2)))
                .list();
        counts.putAll(found);
        return counts;
    }

    /**
     * What is needed to stream a document's original, with its first part: both are of one moment. Empty if there is no
     * such document, or it is deleted, or its content is gone.
     */
    Optional<Original> original(String userId, UUID documentId) {
        return jdbc.sql("""
                select encode(d.content_sha256, 'hex') as content_sha256, d.content_bytes, d.content_type,
                       coalesce(d.file_name, d.source_id) as file_name, coalesce(p.data, '') as first_part
                from documents d
                left join document_content_parts p on p.content_sha256 = d.content_sha256 and p.part = 0
                where d.document_id = :id and d.user_id = :user and not d.deleted
                  and (p.data is not null or d.content_bytes = 0)
                """)
                .param("id", documentId)
                .param("user", userId)
                .query((row, number) -> new Original(
                        row.getString("content_sha256"),
                        row.getLong("content_bytes"),
                        row.getString("content_type"),
                        row.getString("file_name"),
                        row.getBytes("first_part")))
                .optional();
    }

    /** One part of a content; empty after the last one. */
    Optional<byte[]> part(String contentSha256, int part) {
        return jdbc.sql("""
                select data from document_content_parts
                where content_sha256 = decode(:hash, 'hex') and part = :part
                """)
                .param("hash", contentSha256)
                .param("part", part)
                .query((row, number) -> row.getBytes(1))
                .optional();
    }

    private DocumentView view(ResultSet row) throws SQLException {
        Integer staged = row.getObject("staged_chunks", Integer.class);
        return new DocumentView(
                row.getObject("document_id", UUID.class),
                row.getString("source_id"),
                row.getString("source_type"),
                row.getString("title"),
                row.getString("source_url"),
                row.getString("metadata"),
                row.getString("file_name"),
                row.getString("content_type"),
                row.getObject("content_bytes", Long.class),
                row.getInt("version"),
                row.getInt("attempt"),
                status(row),
                row.getString("reason"),
                row.getString("detail"),
                strings(row.getArray("warnings")),
                row.getObject("chunks", Integer.class),
                row.getObject("embedded_chunks", Integer.class),
                row.getObject("reused_chunks", Integer.class),
                staged == null ? null : new DocumentView.Progress(staged, row.getInt("all_chunks")),
                row.getTimestamp("created_at").toInstant(),
                row.getTimestamp("updated_at").toInstant(),
                instant(row.getTimestamp("indexed_at")));
    }

    private static DocumentStatus status(ResultSet row) throws SQLException {
        return DocumentStatus.ofCode(row.getString("status")).orElseThrow();
    }

    private static List<String> strings(@Nullable Array array) throws SQLException {
        return array == null ? List.of() : List.of((String[]) array.getArray());
    }

    private static @Nullable Instant instant(@Nullable Timestamp timestamp) {
        return timestamp == null ? null : timestamp.toInstant();
    }

    private static String[] ids(Collection<UUID> ids) {
        return ids.stream().map(UUID::toString).toArray(String[]::new);
    }

    private static @Nullable String[] column(
            List<Submission> submissions, Function<Submission, @Nullable String> column) {
        return submissions.stream().map(column).toArray(String[]::new);
    }

    private static Known known(Map<UUID, Known> known, Submission submission) {
        return Objects.requireNonNull(known.get(submission.documentId()));
    }

    /** What became of a wish to delete. */
    enum Deletion {
        UNKNOWN,
        DELETED_BEFORE,
        DELETED
    }

    /** Where a document's original lies, how it is called, and how it begins. */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    record Original(
            String contentSha256,
            long contentBytes,
            @Nullable String contentType,
            String fileName,
            byte[] firstPart) {}

    /** A submission's document as it was before; version 0 if there was none. */
    private record Known(
            UUID documentId,
            int version,
            @Nullable String contentSha256,
            long contentBytes,
            DocumentStatus status,
            boolean differs) {}
}
