package io.knowledgebase.ingest.cutover.qdrant;

import io.knowledgebase.ingest.cutover.qdrant.ImportResult.Gaps;
import io.knowledgebase.ingest.cutover.qdrant.ImportResult.Joints;
import io.knowledgebase.ingest.cutover.qdrant.ImportResult.Left;
import io.knowledgebase.ingest.cutover.qdrant.ImportResult.NotKept;
import io.knowledgebase.ingest.cutover.qdrant.ImportResult.Separated;
import io.knowledgebase.ingest.cutover.qdrant.ImportResult.UserPoints;
import io.knowledgebase.ingest.cutover.qdrant.regroup.Reason;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.SQLException;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** SQL of what the import tells. */
final class ReportStore {

    private static final int EXAMPLES = 10;

    private final JdbcClient jdbc;

    ReportStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * How many points there are.
     *
     * @param unsettled of which it is not known yet what becomes of them
     * @param unowned without an owner of their own
     */
    record Counts(long points, long kept, long unsettled, long unowned, long cleaned, long documents) {}

    Counts counts() {
        return jdbc.sql("""
                select count(*) as points, count(document_id) as kept,
                       count(*) filter (where unsettled or (reason is null and document_id is null)) as unsettled,
                       count(*) filter (where fits and owner is null) as unowned,
                       count(*) filter (where fits and original is not null) as cleaned,
                       count(distinct document_id) as documents
                from cutover_qdrant_points
                """)
                .query((row, number) -> new Counts(
                        row.getLong("points"),
                        row.getLong("kept"),
                        row.getLong("unsettled"),
                        row.getLong("unowned"),
                        row.getLong("cleaned"),
                        row.getLong("documents")))
                .single();
    }

    ImportProgress.Indexing indexing() {
        return jdbc.sql("""
                select count(*) filter (where i.state is null) as waiting,
                       count(*) filter (where i.state = 'failed') as failed
                from cutover_qdrant_documents q
                join documents d on d.document_id = q.document_id and not d.deleted
                left join index_generations g on g.state = 'live'
                left join indexed_documents i on i.generation = g.generation and i.document_id = d.document_id
                     and i.version = d.version and i.attempt = d.attempt
                where exists (select from cutover_qdrant_points p where p.document_id = q.document_id)
                """)
                .query((row, number) -> new ImportProgress.Indexing(row.getLong("waiting"), row.getLong("failed")))
                .single();
    }

    SortedMap<String, NotKept> notKept() {
        SortedMap<String, NotKept> notKept = new TreeMap<>();
        jdbc.sql("""
                select p.reason, count(*) as points,
                       array(select x.point_id from cutover_qdrant_points x
                             where x.reason = p.reason order by x.point_id limit :examples) as examples
                from cutover_qdrant_points p
                where p.reason is not null
                group by p.reason
                """).param("examples", EXAMPLES).query(row -> {
            notKept.put(row.getString("reason"), new NotKept(row.getLong("points"), List.of((String[])
                    row.getArray("examples").getArray())));
        });
        return notKept;
    }

    Separated separated() {
        List<String> sources = jdbc.sql("""
                select distinct i.owner, i.source
                from cutover_qdrant_documents i
                where i.chains > 1 and exists (select from cutover_qdrant_points p where p.document_id = i.document_id)
                order by i.owner, i.source
                """)
                .query((row, number) -> row.getString("owner") + ": " + row.getString("source"))
                .list();
        long ambiguous = jdbc.sql("""
                        select count(*) from cutover_qdrant_documents i
                        where i.ambiguous
                          and exists (select from cutover_qdrant_points p where p.document_id = i.document_id)
                        """).query(Long.class).single();
        return new Separated(
                sources.size(), List.copyOf(sources.subList(0, Math.min(EXAMPLES, sources.size()))), ambiguous);
    }

    Joints joints() {
        return jdbc.sql("""
                select coalesce(sum(i.without_overlap), 0) as joints, coalesce(sum(i.boundaries), 0) as boundaries,
                       count(*) filter (where i.without_overlap > 0) as documents,
                       array(select x.document_id::text from cutover_qdrant_documents x
                             where x.without_overlap > 0
                               and exists (select from cutover_qdrant_points p where p.document_id = x.document_id)
                             order by x.without_overlap desc, x.document_id limit :examples) as examples
                from cutover_qdrant_documents i
                where exists (select from cutover_qdrant_points p where p.document_id = i.document_id)
                """)
                .param("examples", EXAMPLES)
                .query((row, number) -> new Joints(
                        row.getLong("joints"),
                        row.getLong("documents"),
                        row.getLong("boundaries"),
                        texts(row.getArray("examples"))))
                .single();
    }

    Gaps gaps() {
        return jdbc.sql("""
                select coalesce(sum(i.missing_chunks), 0) as chunks, count(*) as documents,
                       array(select x.document_id::text from cutover_qdrant_documents x
                             where x.missing_chunks > 0
                               and exists (select from cutover_qdrant_points p where p.document_id = x.document_id)
                             order by x.missing_chunks desc, x.document_id limit :examples) as examples
                from cutover_qdrant_documents i
                where i.missing_chunks > 0
                  and exists (select from cutover_qdrant_points p where p.document_id = i.document_id)
                """)
                .param("examples", EXAMPLES)
                .query((row, number) ->
                        new Gaps(row.getLong("chunks"), row.getLong("documents"), texts(row.getArray("examples"))))
                .single();
    }

    private static List<String> texts(Array array) throws SQLException {
        return List.of((String[]) array.getArray());
    }

    /** Users in the order of their ids. */
    List<UserPoints> users(@Nullable String unownedTo, String after, int limit) {
        return jdbc.sql("""
                select coalesce(owner, case when fits then cast(:unownedTo as text) end) as owner, count(*) as points,
                       count(document_id) as kept, count(distinct document_id) as documents
                from cutover_qdrant_points
                where coalesce(owner, case when fits then cast(:unownedTo as text) end) > :after
                group by 1
                order by 1
                limit :limit
                """)
                .param("unownedTo", unownedTo)
                .param("after", after)
                .param("limit", limit)
                .query((row, number) -> new UserPoints(
                        row.getString("owner"), row.getLong("points"), row.getLong("kept"), row.getLong("documents")))
                .list();
    }

    /** Points that are in no document, in the order of their ids. */
    List<Left> left(@Nullable Reason reason, String after, int limit) {
        return jdbc.sql("""
                select point_id, reason, owner, source_type, source, chunk_id
                from cutover_qdrant_points
                where reason is not null and (cast(:reason as text) is null or reason = :reason) and point_id > :after
                order by point_id
                limit :limit
                """)
                .param("reason", reason == null ? null : reason.code())
                .param("after", after)
                .param("limit", limit)
                .query((row, number) -> new Left(
                        row.getString("point_id"),
                        Reason.ofCode(row.getString("reason")).orElseThrow(),
                        row.getString("owner"),
                        row.getString("source_type"),
                        row.getString("source"),
                        row.getObject("chunk_id", Integer.class)))
                .list();
    }

    /**
     * A document that has points.
     *
     * @param contentSha256 null if it is not as the import has left it
     */
    record Kept(UUID documentId, @Nullable String contentSha256) {}

    /** Documents in the order of their ids. */
    List<Kept> documents(UUID after, int limit) {
        return jdbc.sql("""
                select i.document_id,
                       case when d.version = i.version and not d.deleted then encode(d.content_sha256, 'hex') end as hash
                from cutover_qdrant_documents i
                left join documents d on d.document_id = i.document_id
                where i.document_id > :after
                  and exists (select from cutover_qdrant_points p where p.document_id = i.document_id)
                order by i.document_id
                limit :limit
                """)
                .param("after", after)
                .param("limit", limit)
                .query((row, number) -> new Kept(row.getObject("document_id", UUID.class), row.getString("hash")))
                .list();
    }

    /** The text that is stored under a hash. */
    String content(String sha256) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        jdbc.sql("select data from document_content_parts where content_sha256 = decode(:hash, 'hex') order by part")
                .param("hash", sha256)
                .query(row -> {
                    content.writeBytes(row.getBytes("data"));
                });
        return content.toString(StandardCharsets.UTF_8);
    }

    /** Texts of points that are in documents of a user, in the order of the points' ids. */
    List<KeptText> textsOf(String userId, String after, int limit) {
        return jdbc.sql("""
                select p.point_id, p.document_id, p.source, p.content
                from cutover_qdrant_points p
                join documents d on d.document_id = p.document_id
                where d.user_id = :user and not d.deleted and p.point_id > :after
                order by p.point_id
                limit :limit
                """)
                .param("user", userId)
                .param("after", after)
                .param("limit", limit)
                .query((row, number) -> new KeptText(
                        row.getString("point_id"),
                        row.getObject("document_id", UUID.class),
                        row.getString("source"),
                        row.getString("content")))
                .list();
    }

    /** A point's text. */
    record PointText(String pointId, String content) {}

    /** What the points of a document hold, in the order of the document as far as that is known. */
    List<PointText> texts(UUID documentId) {
        return jdbc.sql("""
                select point_id, content from cutover_qdrant_points
                where document_id = :id
                order by chunk_id, point_id
                """)
                .param("id", documentId)
                .query((row, number) -> new PointText(row.getString("point_id"), row.getString("content")))
                .list();
    }
}
