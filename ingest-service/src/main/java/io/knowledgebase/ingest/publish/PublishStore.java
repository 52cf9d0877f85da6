package io.knowledgebase.ingest.publish;

import io.knowledgebase.schemas.event.DocumentAccepted;
import io.knowledgebase.schemas.event.DocumentDeleted;
import io.knowledgebase.schemas.event.Event;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The documents table as an outbox. */
final class PublishStore {

    private final JdbcClient jdbc;

    PublishStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * The events that are to be published next: the first of every user, then the second of every user, and so on, then
     * what is replayed, of which all users together have only as many in flight as one may, and each a quarter of that:
     * what is uploaded meanwhile goes past. The recursion jumps from user to user in the index, so that 10,000 rows of one user cost no more than one.
     */
    List<Pending> pending(int batch, int inFlightPerUser) {
        return jdbc.sql("""
                with recursive waiting (user_id) as (
                    (select user_id from documents where delivery = 'pending' order by user_id limit 1)
                    union all
                    select (select d.user_id from documents d
                            where d.delivery = 'pending' and d.user_id > w.user_id
                            order by d.user_id limit 1)
                    from waiting w
                    where w.user_id is not null
                )
                select * from (
                select p.document_id, p.user_id, p.source_type, p.source_id, p.version, p.attempt, p.deleted,
                       encode(p.content_sha256, 'hex') as content_sha256, p.content_bytes,
                       extract(epoch from clock_timestamp() - p.pending_since) * 1000 as waited_ms,
                       p.replayed, p.turn, p.pending_since,
                       row_number() over (partition by p.replayed order by p.turn, p.pending_since) as place
                from waiting w
                cross join lateral (
                    select count(*) as documents from documents f
                    where f.user_id = w.user_id and f.delivery = 'published'
                ) in_flight
                cross join lateral (
                    select u.*, row_number() over (order by u.deleted desc, u.replayed, u.pending_since, u.document_id)
                                as turn
                    from (
                        (select * from documents d
                         where d.user_id = w.user_id and d.delivery = 'pending' and d.deleted
                         order by d.pending_since
                         limit :batch)
                        union all
                        (select * from documents d
                         where d.user_id = w.user_id and d.delivery = 'pending' and not d.deleted and not d.replayed
                         order by d.pending_since
                         limit least(:batch, greatest(0, :inFlight - in_flight.documents)))
                        union all
                        (select * from documents d
                         where d.user_id = w.user_id and d.delivery = 'pending' and not d.deleted and d.replayed
                         order by d.pending_since
                         limit least(:batch, greatest(0, :inFlight / 4 - in_flight.documents)))
                    ) u
                ) p
                where w.user_id is not null) due
                where not replayed
                   or place <= :inFlight - (select count(*) from documents where replayed and delivery = 'published')
                order by replayed, turn, pending_since
                limit :batch
                """)
                .param("batch", batch)
                .param("inFlight", inFlightPerUser)
                .query((row, number) -> new Pending(event(row), Duration.ofMillis(row.getLong("waited_ms"))))
                .list();
    }

    /**
     * Notes where events went, for documents that are still as they were. One that is being changed at this moment is
     * left pending, and one that settled already stays settled.
     */
    void markPublished(List<Published> published) {
        jdbc.sql("""
                with sent as (
                    select * from unnest(cast(:ids as uuid[]), cast(:versions as int[]), cast(:attempts as int[]),
                                         cast(:partitions as int[]), cast(:offsets as bigint[]))
                        as s (document_id, version, attempt, published_partition, published_offset)
                ), unlocked as (
                    select d.document_id, s.published_partition, s.published_offset
                    from documents d
                    join sent s on s.document_id = d.document_id and s.version = d.version and s.attempt = d.attempt
                    where d.delivery = 'pending'
                    for update of d skip locked
                )
                update documents d
                set delivery = 'published', published_at = clock_timestamp(),
                    published_partition = u.published_partition, published_offset = u.published_offset
                from unlocked u
                where d.document_id = u.document_id
                """)
                .param(
                        "ids",
                        column(published, one -> one.event().documentId().toString())
                                .toArray(String[]::new))
                .param(
                        "versions",
                        column(published, one -> one.event().version()).toArray(Integer[]::new))
                .param(
                        "attempts",
                        column(published, one -> one.event().attempt()).toArray(Integer[]::new))
                .param("partitions", column(published, Published::partition).toArray(Integer[]::new))
                .param("offsets", column(published, Published::offset).toArray(Long[]::new))
                .update();
    }

    OptionalInt liveGeneration() {
        return jdbc
                .sql("select generation from index_generations where state = 'live'")
                .query((row, number) -> row.getInt(1))
                .list()
                .stream()
                .mapToInt(Integer::intValue)
                .findFirst();
    }

    /** Documents that were published that long ago and have not settled, the oldest first. */
    List<Unsettled> unsettled(Duration since, int limit) {
        return jdbc.sql("""
                select document_id, version, attempt, published_partition, published_offset
                from documents
                where delivery = 'published' and published_at < clock_timestamp() - :since * interval '1 ms'
                order by published_at
                limit :limit
                """)
                .param("since", since.toMillis())
                .param("limit", limit)
                .query((row, number) -> new Unsettled(
                        row.getObject("document_id", UUID.class),
                        row.getInt("version"),
                        row.getInt("attempt"),
                        row.getInt("published_partition"),
                        row.getLong("published_offset")))
                .list();
    }

    /** Makes a document pending again, with the next attempt; false if it has changed or settled meanwhile. */
    boolean republish(Unsettled lost) {
        return jdbc.sql("""
                update documents
                set attempt = attempt + 1, delivery = 'pending', pending_since = clock_timestamp(),
                    published_at = null, published_partition = null, published_offset = null
                where document_id = :id and delivery = 'published' and version = :version and attempt = :attempt
                """)
                        .param("id", lost.documentId())
                        .param("version", lost.version())
                        .param("attempt", lost.attempt())
                        .update()
                == 1;
    }

    boolean isRepublicationWanted() {
        return jdbc.sql("select republish from publication")
                .query(Boolean.class)
                .single();
    }

    /** Of all documents and of the epoch. */
    int greatestAttempt() {
        return jdbc.sql("""
                select greatest((select max(attempt) from documents), (select max(attempt) from indexed_documents),
                                first_attempt())
                """).query(Integer.class).single();
    }

    /** Those that the table does not have. */
    List<UUID> unknown(Collection<UUID> documentIds) {
        return jdbc.sql("""
                select c.document_id
                from unnest(cast(:ids as uuid[])) as c (document_id)
                where not exists (select from documents d where d.document_id = c.document_id)
                """)
                .param("ids", documentIds.stream().map(UUID::toString).toArray(String[]::new))
                .query(UUID.class)
                .list();
    }

    /** Attempts begin there from now on; false if somebody has raised it as far meanwhile. */
    boolean raiseEpoch(int epoch) {
        return jdbc.sql("update publication set epoch = :epoch, epoch_since = now() where epoch < :epoch")
                        .param("epoch", epoch)
                        .update()
                == 1;
    }

    /**
     * Makes documents pending with the first attempt of the epoch.
     *
     * @param after the last of the batch before; null for the first batch
     * @return their ids in order; empty after the last batch
     */
    List<UUID> renew(@Nullable UUID after, int limit) {
        return jdbc.sql("""
                with batch as (
                    select document_id from documents
                    where (cast(:after as uuid) is null or document_id > :after) and attempt < first_attempt()
                    order by document_id
                    limit :limit
                    for no key update
                ), renewed as (
                    update documents d
                    set attempt = first_attempt(), replayed = replayed or delivery <> 'pending', delivery = 'pending',
                        pending_since = clock_timestamp(), published_at = null, published_partition = null,
                        published_offset = null
                    from batch b
                    where d.document_id = b.document_id
                    returning d.document_id
                )
                select document_id from renewed order by document_id
                """)
                .param("after", after)
                .param("limit", limit)
                .query(UUID.class)
                .list();
    }

    void endRepublication() {
        jdbc.sql("update publication set republish = false").update();
    }

    /** Documents by how far they have come; see {@link DocumentCounts#STATES}. */
    Map<String, Long> countDocuments() {
        Map<String, Long> counts = new HashMap<>();
        DocumentCounts.STATES.forEach(state -> counts.put(state, 0L));
        jdbc.sql("""
                select case when d.delivery <> 'settled' then d.delivery
                            when d.deleted then 'deleted'
                            else coalesce(i.state, 'published') end as state,
                       count(*) as documents
                from documents d
                left join index_generations g on g.state = 'live'
                left join indexed_documents i on i.generation = g.generation and i.document_id = d.document_id
                group by 1
                """).query(row -> {
            counts.put(row.getString("state"), row.getLong("documents"));
        });
        return counts;
    }

    private static Event event(ResultSet row) throws SQLException {
        UUID documentId = row.getObject("document_id", UUID.class);
        String userId = row.getString("user_id");
        int version = row.getInt("version");
        int attempt = row.getInt("attempt");
        return row.getBoolean("deleted")
                ? new DocumentDeleted(documentId, userId, version, attempt)
                : new DocumentAccepted(
                        documentId,
                        userId,
                        row.getString("source_type"),
                        row.getString("source_id"),
                        version,
                        attempt,
                        row.getString("content_sha256"),
                        row.getLong("content_bytes"));
    }

    private static <T> List<T> column(List<Published> published, Function<Published, T> column) {
        return published.stream().map(column).toList();
    }

    /** An event that is to be published, and how long it has waited. */
    record Pending(Event event, Duration waited) {}

    /** An event and its place in the topic of documents. */
    record Published(Event event, int partition, long offset) {}

    /** A document whose event was published and that has not settled. */
    record Unsettled(UUID documentId, int version, int attempt, int partition, long offset) {}
}
