package io.knowledgebase.ingest.replay;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** SQL of replays; each batch is a transaction of its own. */
final class ReplayStore {

    private static final int BATCH = 2_000;

    private final JdbcClient jdbc;

    ReplayStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * Gives documents their next attempt, but for deleted ones and those that are under way anyway.
     *
     * @return how many
     */
    int replay(ReplayController.Wish wish) {
        int replayed = 0;
        Optional<UUID> last = Optional.empty();
        List<UUID> batch;
        do {
            batch = replay(wish, last.orElse(null));
            replayed += batch.size();
            last = batch.isEmpty() ? last : Optional.of(batch.get(batch.size() - 1));
        } while (batch.size() == BATCH);
        return replayed;
    }

    private List<UUID> replay(ReplayController.Wish wish, @Nullable UUID after) {
        Instant since = wish.from();
        return jdbc.sql("""
                with batch as (
                    select document_id from documents
                    where not deleted and delivery = 'settled'
                      and (cast(:after as uuid) is null or document_id > :after)
                      and (cast(:document as uuid) is null or document_id = :document)
                      and (cast(:user as varchar) is null or user_id = :user)
                      and (cast(:sourceType as varchar) is null or source_type = :sourceType)
                      and (cast(:since as timestamptz) is null or updated_at >= :since)
                    order by document_id
                    limit :limit
                    for no key update
                ), replayed as (
                    update documents d
                    set attempt = attempt + 1, delivery = 'pending', replayed = true,
                        pending_since = clock_timestamp(), published_at = null, published_partition = null,
                        published_offset = null
                    from batch b
                    where d.document_id = b.document_id
                    returning d.document_id
                )
                select document_id from replayed order by document_id
                """)
                .param("after", after)
                .param("document", wish.documentId())
                .param("user", wish.userId())
                .param("sourceType", wish.sourceType())
                .param("since", since == null ? null : since.atOffset(ZoneOffset.UTC))
                .param("limit", BATCH)
                .query(UUID.class)
                .list();
    }

    /** Whether there is such a document that is not deleted. */
    boolean exists(UUID documentId) {
        return jdbc.sql("select exists (select from documents where document_id = :id and not deleted)")
                .param("id", documentId)
                .query(Boolean.class)
                .single();
    }

    void wishRepublication() {
        jdbc.sql("update publication set republish = true").update();
    }

    ReplayController.Republication republication() {
        return jdbc.sql("""
                select epoch, epoch_since, republish,
                       (select count(*) from documents where replayed and delivery <> 'settled') as remaining
                from publication
                """)
                .query((row, number) -> new ReplayController.Republication(
                        row.getBoolean("republish"),
                        row.getInt("epoch"),
                        row.getObject("epoch_since", OffsetDateTime.class).toInstant(),
                        row.getLong("remaining")))
                .single();
    }
}
