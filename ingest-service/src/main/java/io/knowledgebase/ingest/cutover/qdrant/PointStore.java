package io.knowledgebase.ingest.cutover.qdrant;

import io.knowledgebase.ingest.cutover.qdrant.regroup.LegacyChunk;
import io.knowledgebase.ingest.cutover.qdrant.regroup.Reason;
import io.knowledgebase.schemas.problem.Problem;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** SQL of the points and of how far their import has come. */
final class PointStore {

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;

    PointStore(JdbcClient jdbc, TransactionTemplate transaction) {
        this.jdbc = jdbc;
        this.transaction = transaction;
    }

    /** How far a round has come. */
    enum Phase {
        /** Points are read. */
        READING("reading"),
        /** Documents are made of them. */
        SORTING("sorting"),
        DONE("done");

        private final String code;

        Phase(String code) {
            this.code = code;
        }

        String code() {
            return code;
        }

        static Phase of(String code) {
            return Arrays.stream(values())
                    .filter(phase -> phase.code.equals(code))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /**
     * The round that is under way, or the last one.
     *
     * @param next the point to go on with; null for the first of all
     */
    record Round(
            String collection,
            int number,
            Phase phase,
            @Nullable PointId next,
            @Nullable String unownedTo,
            Instant begunAt,
            @Nullable Instant finishedAt,
            long pointsThere,
            ImportResult.Changes changes) {}

    /** A source of documents: what its points have in common. */
    record SourceKey(String owner, String sourceType, String source) {}

    <T> T atomically(Supplier<T> statements) {
        return Objects.requireNonNull(transaction.execute(status -> statements.get()));
    }

    Optional<Round> round() {
        return jdbc.sql("select * from cutover_qdrant")
                .query((row, number) -> round(row))
                .optional();
    }

    private static Round round(ResultSet row) throws SQLException {
        String next = row.getString("next_offset");
        return new Round(
                row.getString("collection"),
                row.getInt("round"),
                Phase.of(row.getString("phase")),
                next == null ? null : new PointId(next),
                row.getString("unowned_to"),
                row.getTimestamp("begun_at").toInstant(),
                row.getTimestamp("finished_at") == null
                        ? null
                        : row.getTimestamp("finished_at").toInstant(),
                row.getLong("points_there"),
                new ImportResult.Changes(
                        row.getLong("points_read"),
                        row.getLong("points_added"),
                        row.getLong("points_changed"),
                        row.getLong("points_gone"),
                        row.getLong("documents_added"),
                        row.getLong("documents_changed"),
                        row.getLong("documents_deleted")));
    }

    /**
     * Begins a round, or goes on with the one that was interrupted.
     *
     * @param pointsThere how many the collection has
     * @throws Problem if another collection was imported, whose documents would go
     */
    Round begin(String collection, @Nullable String unownedTo, long pointsThere) {
        return atomically(() -> {
            jdbc.sql("""
                    insert into cutover_qdrant (collection, unowned_to) values (:collection, :unownedTo)
                    on conflict do nothing
                    """)
                    .param("collection", collection)
                    .param("unownedTo", unownedTo)
                    .update();
            String before = jdbc.sql("select collection from cutover_qdrant for update")
                    .query(String.class)
                    .single();
            if (!before.equals(collection)) {
                throw Problem.conflict("The documents of the collection " + before
                        + " were imported; another one can be once that import is forgotten.");
            }
            giveUnownedTo(unownedTo);
            jdbc.sql("""
                    update cutover_qdrant set
                        round = round + 1, phase = 'reading', next_offset = null, begun_at = now(), finished_at = null,
                        points_read = 0, points_added = 0, points_changed = 0, points_gone = 0, documents_added = 0,
                        documents_changed = 0, documents_deleted = 0, points_there = :there
                    where phase = 'done'
                    """).param("there", pointsThere).update();
            return round().orElseThrow();
        });
    }

    private void giveUnownedTo(@Nullable String unownedTo) {
        int changed = jdbc.sql("""
                        update cutover_qdrant set unowned_to = :unownedTo
                        where unowned_to is distinct from cast(:unownedTo as text)
                        """).param("unownedTo", unownedTo).update();
        if (changed > 0) {
            jdbc.sql("""
                    update cutover_qdrant_points set unsettled = true
                    where fits and (owner is null
                        or document_id in (select document_id from cutover_qdrant_points where owner is null))
                    """).update();
        }
    }

    /**
     * Keeps a page's points and where the reading goes on.
     *
     * @param next null after the last page
     */
    void stage(Round round, @Nullable PointId from, List<StagedPoint> points, @Nullable PointId next) {
        transaction.executeWithoutResult(status -> {
            Map<String, byte[]> known = hashes(points);
            List<StagedPoint> changed = points.stream()
                    .filter(point -> !Arrays.equals(known.get(point.pointId()), point.payloadHash()))
                    .toList();
            see(round, points);
            unsettleNeighbours(changed);
            upsert(round, changed);
            long added = changed.stream()
                    .filter(point -> !known.containsKey(point.pointId()))
                    .count();
            advance(round, from, next, points.size(), added, changed.size() - added);
            if (next == null) {
                unsettleGone(round);
            }
        });
    }

    private Map<String, byte[]> hashes(List<StagedPoint> points) {
        Map<String, byte[]> hashes = new HashMap<>();
        jdbc.sql("select point_id, payload_hash from cutover_qdrant_points where point_id = any (cast(:ids as text[]))")
                .param("ids", ids(points))
                .query(row -> {
                    hashes.put(row.getString("point_id"), row.getBytes("payload_hash"));
                });
        return hashes;
    }

    private void see(Round round, List<StagedPoint> points) {
        jdbc.sql("update cutover_qdrant_points set round = :round where point_id = any (cast(:ids as text[]))")
                .param("round", round.number())
                .param("ids", ids(points))
                .update();
    }

    /** What was in a document with a point that may now belong to another. */
    private void unsettleNeighbours(List<StagedPoint> changed) {
        jdbc.sql("""
                update cutover_qdrant_points set unsettled = true
                where document_id in (select document_id from cutover_qdrant_points
                                      where point_id = any (cast(:ids as text[])))
                """).param("ids", ids(changed)).update();
    }

    private void upsert(Round round, List<StagedPoint> points) {
        jdbc.sql("""
                insert into cutover_qdrant_points as p (
                    point_id, round, payload_hash, fits, unsettled, owner, source_type, source, chunk_id, content,
                    title, source_url, edited, page, total_pages, file_type, part, original, reason)
                select s.point_id, :round, s.payload_hash, s.reason is null, s.reason is null, s.owner, s.source_type,
                       s.source, s.chunk_id, s.content, s.title, s.source_url, s.edited, s.page, s.total_pages,
                       s.file_type, s.part, s.original, s.reason
                from unnest(cast(:ids as text[]), cast(:hashes as bytea[]), cast(:owners as text[]),
                            cast(:types as text[]), cast(:sources as text[]), cast(:chunkIds as integer[]),
                            cast(:contents as text[]), cast(:titles as text[]), cast(:urls as text[]),
                            cast(:edited as text[]), cast(:pages as integer[]), cast(:totals as integer[]),
                            cast(:fileTypes as text[]), cast(:parts as text[]), cast(:originals as bytea[]),
                            cast(:reasons as text[]))
                     as s (point_id, payload_hash, owner, source_type, source, chunk_id, content, title, source_url,
                           edited, page, total_pages, file_type, part, original, reason)
                on conflict (point_id) do update set
                    round = excluded.round, payload_hash = excluded.payload_hash, fits = excluded.fits,
                    unsettled = excluded.unsettled, owner = excluded.owner, source_type = excluded.source_type,
                    source = excluded.source, chunk_id = excluded.chunk_id, content = excluded.content,
                    title = excluded.title, source_url = excluded.source_url, edited = excluded.edited,
                    page = excluded.page, total_pages = excluded.total_pages, file_type = excluded.file_type,
                    part = excluded.part, original = excluded.original, reason = excluded.reason,
                    document_id = case when excluded.fits then p.document_id end
                """)
                .param("round", round.number())
                .param("ids", ids(points))
                .param("hashes", points.stream().map(StagedPoint::payloadHash).toArray(byte[][]::new))
                .param("owners", texts(points, StagedPoint::owner))
                .param("types", texts(points, StagedPoint::sourceType))
                .param("sources", texts(points, StagedPoint::source))
                .param("chunkIds", numbers(points, StagedPoint::chunkId))
                .param("contents", texts(points, StagedPoint::content))
                .param("titles", texts(points, StagedPoint::title))
                .param("urls", texts(points, StagedPoint::sourceUrl))
                .param("edited", texts(points, StagedPoint::edited))
                .param("pages", numbers(points, StagedPoint::page))
                .param("totals", numbers(points, StagedPoint::totalPages))
                .param("fileTypes", texts(points, StagedPoint::fileType))
                .param("parts", texts(points, StagedPoint::part))
                .param("originals", points.stream().map(StagedPoint::original).toArray(byte[][]::new))
                .param("reasons", texts(points, point -> code(point.misfit())))
                .update();
    }

    private static @Nullable String code(@Nullable Reason reason) {
        return reason == null ? null : reason.code();
    }

    /** Throws if the round is not where it was when the page was asked for: somebody else is at it. */
    private void advance(
            Round round, @Nullable PointId from, @Nullable PointId next, long read, long added, long changed) {
        int advanced = jdbc.sql("""
                        update cutover_qdrant set
                            next_offset = :next, phase = case when cast(:next as text) is null then 'sorting' else phase end,
                            points_read = points_read + :read, points_added = points_added + :added,
                            points_changed = points_changed + :changed
                        where round = :round and phase = 'reading'
                          and next_offset is not distinct from cast(:from as text)
                        """)
                .param("next", next == null ? null : next.json())
                .param("read", read)
                .param("added", added)
                .param("changed", changed)
                .param("round", round.number())
                .param("from", from == null ? null : from.json())
                .update();
        if (advanced != 1) {
            throw new IllegalStateException("round " + round.number() + " of the import goes on elsewhere");
        }
    }

    private void unsettleGone(Round round) {
        int gone = jdbc.sql("""
                        update cutover_qdrant_points set unsettled = fits
                        where round < :round
                        """).param("round", round.number()).update();
        jdbc.sql("update cutover_qdrant set points_gone = :gone")
                .param("gone", gone)
                .update();
    }

    /** Sources that have points of which no documents were made, some of them. */
    List<SourceKey> unsettled(Round round, int limit) {
        return jdbc.sql("""
                select distinct coalesce(owner, cast(:unownedTo as text)) as owner, source_type, source
                from cutover_qdrant_points
                where unsettled and coalesce(owner, cast(:unownedTo as text)) is not null
                limit :limit
                """)
                .param("unownedTo", round.unownedTo())
                .param("limit", limit)
                .query((row, number) ->
                        new SourceKey(row.getString("owner"), row.getString("source_type"), row.getString("source")))
                .list();
    }

    /** Leaves out what belongs to nobody, if nobody is to have it. */
    void leaveUnowned(Round round) {
        if (round.unownedTo() == null) {
            jdbc.sql("""
                    update cutover_qdrant_points set unsettled = false, reason = 'unowned', document_id = null
                    where unsettled and owner is null
                    """).update();
        }
    }

    /** Whether somebody can own documents. */
    boolean isUser(String userId) {
        return jdbc.sql("select exists (select from users where user_id = :user)")
                .param("user", userId)
                .query(Boolean.class)
                .single();
    }

    /** All chunks of a source that are still there, and in which document each has been. */
    List<Placed> chunks(Round round, SourceKey key) {
        return jdbc.sql("""
                select * from cutover_qdrant_points
                where source = :source and source_type = :type and coalesce(owner, cast(:unownedTo as text)) = :owner
                  and fits and round = :round
                order by point_id
                """)
                .param("source", key.source())
                .param("type", key.sourceType())
                .param("owner", key.owner())
                .param("unownedTo", round.unownedTo())
                .param("round", round.number())
                .query((row, number) -> new Placed(chunk(row), row.getObject("document_id", UUID.class)))
                .list();
    }

    /**
     * A chunk.
     *
     * @param documentId that it was in before; null if it was in none
     */
    record Placed(LegacyChunk chunk, @Nullable UUID documentId) {}

    private static LegacyChunk chunk(ResultSet row) throws SQLException {
        return new LegacyChunk(
                row.getString("point_id"),
                row.getInt("chunk_id"),
                row.getString("content"),
                row.getString("title"),
                row.getString("source_url"),
                row.getString("edited"),
                row.getObject("page", Integer.class),
                row.getObject("total_pages", Integer.class),
                row.getString("file_type"),
                row.getString("part"));
    }

    /** Whether a user's source of that name has points, so that the name is taken. */
    boolean hasSource(Round round, SourceKey key) {
        return jdbc.sql("""
                select exists (select from cutover_qdrant_points
                               where source = :source and source_type = :type
                                 and coalesce(owner, cast(:unownedTo as text)) = :owner and fits)
                """)
                .param("source", key.source())
                .param("type", key.sourceType())
                .param("owner", key.owner())
                .param("unownedTo", round.unownedTo())
                .query(Boolean.class)
                .single();
    }

    /** Puts down what became of all points of a source; those that are gone are forgotten. */
    void settle(Round round, SourceKey key, Map<String, UUID> documents, Map<String, Reason> reasons) {
        jdbc.sql("""
                delete from cutover_qdrant_points
                where source = :source and source_type = :type and coalesce(owner, cast(:unownedTo as text)) = :owner
                  and fits and round < :round
                """)
                .param("source", key.source())
                .param("type", key.sourceType())
                .param("owner", key.owner())
                .param("unownedTo", round.unownedTo())
                .param("round", round.number())
                .update();
        jdbc.sql("""
                update cutover_qdrant_points p
                set unsettled = false, document_id = s.document_id, reason = s.reason
                from unnest(cast(:ids as text[]), cast(:documents as uuid[]), cast(:reasons as text[]))
                     as s (point_id, document_id, reason)
                where p.point_id = s.point_id
                """)
                .param(
                        "ids",
                        Stream.concat(documents.keySet().stream(), reasons.keySet().stream())
                                .toArray(String[]::new))
                .param(
                        "documents",
                        Stream.concat(
                                        documents.values().stream().map(UUID::toString),
                                        reasons.keySet().stream().map(id -> (String) null))
                                .toArray(String[]::new))
                .param(
                        "reasons",
                        Stream.concat(
                                        documents.keySet().stream().map(id -> (String) null),
                                        reasons.values().stream().map(Reason::code))
                                .toArray(String[]::new))
                .update();
    }

    /** Counts what became of documents in this round. */
    void count(long added, long changed, long deleted) {
        jdbc.sql("""
                update cutover_qdrant set
                    documents_added = documents_added + :added, documents_changed = documents_changed + :changed,
                    documents_deleted = documents_deleted + :deleted
                """)
                .param("added", added)
                .param("changed", changed)
                .param("deleted", deleted)
                .update();
    }

    /** Forgets the rest of what is gone, and ends the round. */
    void finish(Round round) {
        transaction.executeWithoutResult(status -> {
            jdbc.sql("delete from cutover_qdrant_points where round < :round")
                    .param("round", round.number())
                    .update();
            jdbc.sql("update cutover_qdrant set phase = 'done', finished_at = clock_timestamp() where round = :round")
                    .param("round", round.number())
                    .update();
        });
    }

    /** Forgets all points and what was made of them; the documents stay, as anybody's. */
    void forget() {
        transaction.executeWithoutResult(status -> {
            jdbc.sql("delete from cutover_qdrant").update();
            jdbc.sql("delete from cutover_qdrant_points").update();
            jdbc.sql("delete from cutover_qdrant_documents").update();
        });
    }

    private static String[] ids(List<StagedPoint> points) {
        return points.stream().map(StagedPoint::pointId).toArray(String[]::new);
    }

    private static @Nullable String[] texts(List<StagedPoint> points, Function<StagedPoint, @Nullable String> column) {
        return points.stream().map(column).toArray(String[]::new);
    }

    private static @Nullable Integer[] numbers(
            List<StagedPoint> points, Function<StagedPoint, @Nullable Integer> column) {
        return points.stream().map(column).toArray(Integer[]::new);
    }
}
