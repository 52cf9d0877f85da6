package io.knowledgebase.embed.generation;

import io.knowledgebase.vectorizer.TextAnalysis;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.util.unit.DataSize;

/** SQL of the generations and of their HNSW indexes. */
final class GenerationStore {

    /** The class of advisory locks for index builds; the generation is the other half of the key. */
    static final int INDEX_BUILDING = 0x6b62_0001;

    /** Nobody waits longer behind a change of tables that itself waits. */
    private static final int LOCK_TIMEOUT_MS = 2_000;

    /** Searches wait behind a drop that waits. */
    private static final int DROP_LOCK_TIMEOUT_MS = 200;

    private final JdbcTemplate template;
    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;

    GenerationStore(JdbcTemplate template, TransactionTemplate transaction) {
        this.template = template;
        this.transaction = transaction;
        this.jdbc = JdbcClient.create(template);
    }

    /**
     * A generation and how it stands.
     *
     * @param detail why it failed or what it waits for, for people
     * @param verification what the last verification found, as JSON
     */
    record Row(
            Generation generation,
            GenerationState state,
            boolean promoteWhenReady,
            Instant createdAt,
            Instant stateSince,
            @Nullable Instant liveSince,
            @Nullable String detail,
            @Nullable String verification) {}

    private static final String ROWS = """
            select generation, state, model, model_digest, dimension, chunk_tokens, overlap_tokens, analysis,
                   average_terms, fresh_vectors, promote_when_ready, created_at, state_since, live_since, detail, verification::text as verification
            from index_generations
            """;

    /** The newest first. */
    List<Row> all() {
        return jdbc.sql(ROWS + "order by generation desc")
                .query(GenerationStore::row)
                .list();
    }

    Optional<Row> find(int generation) {
        return jdbc.sql(ROWS + "where generation = :generation")
                .param("generation", generation)
                .query(GenerationStore::row)
                .optional();
    }

    Generation live() {
        return jdbc.sql(ROWS + "where state = 'live'")
                .query(GenerationStore::row)
                .single()
                .generation();
    }

    private static Row row(ResultSet row, int number) throws SQLException {
        return new Row(
                new Generation(
                        row.getInt("generation"),
                        row.getString("model"),
                        row.getString("model_digest"),
                        row.getInt("dimension"),
                        row.getInt("chunk_tokens"),
                        row.getInt("overlap_tokens"),
                        analysis(row.getString("analysis")),
                        row.getFloat("average_terms"),
                        row.getBoolean("fresh_vectors")),
                GenerationState.of(row.getString("state")),
                row.getBoolean("promote_when_ready"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getObject("state_since", OffsetDateTime.class).toInstant(),
                Optional.ofNullable(row.getObject("live_since", OffsetDateTime.class))
                        .map(OffsetDateTime::toInstant)
                        .orElse(null),
                row.getString("detail"),
                row.getString("verification"));
    }

    private static TextAnalysis analysis(String code) {
        return TextAnalysis.ofCode(code)
                .orElseThrow(() -> new IllegalStateException("this release knows no analysis " + code));
    }

    /** Whether the events in Kafka are still to be made to follow the documents. */
    boolean isRepublicationWanted() {
        return jdbc.sql("select republish from publication")
                .query(Boolean.class)
                .single();
    }

    /** A number that no generation has had. */
    int nextNumber() {
        return jdbc.sql("select nextval('index_generations_seq')")
                .query(Integer.class)
                .single();
    }

    /**
     * Adds a generation and its partition. The partition is made apart and attached: searches go on meanwhile, which a
     * partition made in place would hold up.
     */
    void create(Generation generation, boolean promoteWhenReady) {
        String partition = partition(generation.number());
        transaction.executeWithoutResult(status -> {
            jdbc.sql("set local lock_timeout = " + LOCK_TIMEOUT_MS).update();
            jdbc.sql("""
                    insert into index_generations (generation, state, model, model_digest, dimension, chunk_tokens,
                                                   overlap_tokens, analysis, average_terms, fresh_vectors,
                                                   promote_when_ready)
                    values (:number, 'building', :model, :digest, :dimension, :chunkTokens, :overlapTokens,
                            :analysis, :averageTerms, :freshVectors, :promoteWhenReady)
                    """)
                    .param("number", generation.number())
                    .param("model", generation.model())
                    .param("digest", generation.modelDigest())
                    .param("dimension", generation.dimension())
                    .param("chunkTokens", generation.chunkTokens())
                    .param("overlapTokens", generation.overlapTokens())
                    .param("analysis", generation.analysis().code())
                    .param("averageTerms", generation.averageTerms())
                    .param("freshVectors", generation.freshVectors())
                    .param("promoteWhenReady", promoteWhenReady)
                    .update();
            jdbc.sql("create table " + partition + " (like document_chunks including defaults including constraints"
                            + " including storage, constraint embedding_dimension check (vector_dims(embedding_vector) = "
                            + generation.dimension() + "))")
                    .update();
            jdbc.sql("alter table document_chunks attach partition " + partition + " for values in ("
                            + generation.number() + ")")
                    .update();
        });
    }

    /** Takes the model that a generation from before there were digests was made with for the one that is here. */
    void saveDigest(int generation, String digest) {
        jdbc.sql("""
                update index_generations set model_digest = :digest
                where generation = :generation and model_digest is null
                """).param("digest", digest).param("generation", generation).update();
    }

    /** False if it is no longer in the state it is to leave. */
    boolean move(int generation, GenerationState from, GenerationState to, @Nullable String detail) {
        return jdbc.sql("""
                update index_generations set state = :to, state_since = now(), detail = :detail
                where generation = :generation and state = :from
                """)
                        .param("to", to.code())
                        .param("from", from.code())
                        .param("detail", detail)
                        .param("generation", generation)
                        .update()
                == 1;
    }

    void saveVerification(int generation, String verification) {
        jdbc.sql(
                        "update index_generations set verification = cast(:verification as jsonb) where generation = :generation")
                .param("verification", verification)
                .param("generation", generation)
                .update();
    }

    /**
     * Lets searches read another generation from now on; those under way end on the one they began with. What the new
     * one has indexed already needs no watching any more.
     *
     * @return false if it may not be promoted in its present state
     */
    boolean promote(int generation) {
        return Boolean.TRUE.equals(transaction.execute(status -> {
            List<Integer> locked = jdbc.sql("""
                    select generation from index_generations
                    where generation = :generation and state in ('ready', 'previous') or state = 'live'
                    order by generation
                    for no key update
                    """)
                    .param("generation", generation)
                    .query(Integer.class)
                    .list();
            if (!locked.contains(generation) || isLive(generation)) {
                return false;
            }
            leaveOutReplacedText(generation);
            jdbc.sql("update index_generations set state = 'previous', state_since = now() where state = 'live'")
                    .update();
            jdbc.sql("""
                    update index_generations
                    set state = 'live', state_since = now(), live_since = now(), promote_when_ready = false, detail = null
                    where generation = :generation
                    """).param("generation", generation).update();
            jdbc.sql("""
                    update documents d set delivery = 'settled'
                    from indexed_documents i
                    where d.delivery = 'published' and i.generation = :generation and i.document_id = d.document_id
                      and i.version = d.version and i.attempt = d.attempt
                    """).param("generation", generation).update();
            publishWhatIsMissing(generation);
            return true;
        }));
    }

    /** Of a document that the live one has at a later version, what is about to be promoted has text that is gone. */
    private void leaveOutReplacedText(int generation) {
        jdbc.sql("""
                delete from indexed_documents i
                using index_generations g, indexed_documents l
                where i.generation = :generation and g.state = 'live' and l.generation = g.generation
                  and l.document_id = i.document_id and l.version > i.version
                """).param("generation", generation).update();
    }

    /** In order of their ids, as whoever else locks many documents. */
    private void publishWhatIsMissing(int generation) {
        jdbc.sql("""
                update documents d
                set delivery = 'pending', pending_since = clock_timestamp(), replayed = true
                from (select document_id from documents m
                      where not m.deleted and m.delivery = 'settled'
                        and not exists (select from indexed_documents i
                                        where i.generation = :generation and i.document_id = m.document_id
                                          and i.version = m.version and i.attempt = m.attempt)
                      order by document_id
                      for no key update) missing
                where d.document_id = missing.document_id
                """).param("generation", generation).update();
    }

    private boolean isLive(int generation) {
        return jdbc.sql(
                        "select exists (select from index_generations where generation = :generation and state = 'live')")
                .param("generation", generation)
                .query(Boolean.class)
                .single();
    }

    /** The one that was live before, if there is one. */
    OptionalInt previous() {
        return jdbc.sql("""
                select generation from index_generations where state = 'previous' order by live_since desc limit 1
                """)
                .query(Integer.class)
                .optional()
                .map(OptionalInt::of)
                .orElse(OptionalInt.empty());
    }

    /**
     * Removes a generation and all that it holds. Its table goes last and in no time, because searches wait meanwhile;
     * while something long, such as a backup, reads it, that is given up soon.
     */
    void drop(int generation) {
        jdbc.sql("delete from staged_documents where generation = :generation")
                .param("generation", generation)
                .update();
        int deleted;
        do {
            deleted = jdbc.sql("""
                    delete from indexed_documents
                    where generation = :generation
                      and document_id in (select document_id from indexed_documents
                                          where generation = :generation limit 10000)
                    """).param("generation", generation).update();
        } while (deleted > 0);
        transaction.executeWithoutResult(status -> {
            jdbc.sql("set local lock_timeout = " + DROP_LOCK_TIMEOUT_MS).update();
            jdbc.sql("drop table if exists " + partition(generation)).update();
            jdbc.sql("delete from index_generations where generation = :generation")
                    .param("generation", generation)
                    .update();
        });
    }

    /**
     * Documents that the generation should know and does not: settled ones at their version and attempt, those on their
     * way at any if the live one has them. But for what came to the live one after this one was made and less than a
     * minute ago, for it is allowed to be a little behind.
     */
    static final String MISSING = """
            from documents d
            where not d.deleted
              and not exists (select from indexed_documents i
                              where i.generation = :generation and i.document_id = d.document_id
                                and (d.delivery <> 'settled' or (i.version = d.version and i.attempt = d.attempt)))
              and (d.delivery = 'settled'
                   or exists (select from index_generations g
                              join indexed_documents l on l.generation = g.generation
                              where g.state = 'live' and l.document_id = d.document_id))
              and not exists (select from index_generations g
                              join indexed_documents l on l.generation = g.generation
                              where g.state = 'live' and l.document_id = d.document_id
                                and l.indexed_at > greatest(now() - interval '1 minute',
                                        (select created_at from index_generations where generation = :generation)))
            """;

    /** Whether the generation knows every document that it should. */
    boolean isComplete(int generation) {
        return jdbc.sql("select not exists (select " + MISSING + ")")
                .param("generation", generation)
                .query(Boolean.class)
                .single();
    }

    /**
     * Wishes for another attempt of documents that the generation lacks although nothing is on its way.
     *
     * @return how many, a few at a time
     */
    int replayMissing(int generation) {
        return jdbc.sql("""
                update documents
                set attempt = attempt + 1, delivery = 'pending', pending_since = clock_timestamp(), replayed = true
                where delivery = 'settled'
                  and document_id in (select d.document_id\s""" + MISSING + " limit 1000)")
                .param("generation", generation)
                .update();
    }

    /** Tells people what a generation waits for; null for nothing. */
    void explain(int generation, @Nullable String detail) {
        jdbc.sql("""
                update index_generations set detail = :detail
                where generation = :generation and state <> 'failed' and detail is distinct from :detail
                """).param("detail", detail).param("generation", generation).update();
    }

    /** A generation that has a model of that name with other files. */
    OptionalInt withOtherFiles(String model, String digest) {
        return jdbc.sql("""
                select generation from index_generations
                where model = :model and model_digest <> :digest and state <> 'dropping'
                order by generation limit 1
                """)
                .param("model", model)
                .param("digest", digest)
                .query(Integer.class)
                .optional()
                .map(OptionalInt::of)
                .orElse(OptionalInt.empty());
    }

    long countMissing(int generation) {
        return jdbc.sql("select count(*) " + MISSING)
                .param("generation", generation)
                .query(Long.class)
                .single();
    }

    /** What a generation takes of the disk, its indexes included. */
    DataSize size(int generation) {
        return DataSize.ofBytes(jdbc.sql("select pg_total_relation_size(cast(:partition as regclass))")
                .param("partition", partition(generation))
                .query(Long.class)
                .single());
    }

    /**
     * How far a generation has come.
     *
     * @param documents all there are, but for deleted ones
     * @param chunks of the indexed ones
     * @param lastMinute documents that came to an outcome in the last minute
     */
    record Progress(long documents, long indexed, long failed, long chunks, long lastMinute) {

        /** Documents without an outcome. */
        long missing() {
            return Math.max(0, documents - indexed - failed);
        }
    }

    Progress progress(int generation) {
        return jdbc.sql("""
                select count(*) as documents,
                       count(*) filter (where i.state = 'indexed') as indexed,
                       count(*) filter (where i.state = 'failed') as failed,
                       coalesce(sum(i.chunks), 0) as chunks,
                       count(*) filter (where i.indexed_at > now() - interval '1 minute') as last_minute
                from documents d
                left join indexed_documents i on i.generation = :generation and i.document_id = d.document_id
                     and i.version = d.version and i.attempt = d.attempt
                where not d.deleted
                """)
                .param("generation", generation)
                .query((row, number) -> new Progress(
                        row.getLong("documents"),
                        row.getLong("indexed"),
                        row.getLong("failed"),
                        row.getLong("chunks"),
                        row.getLong("last_minute")))
                .single();
    }

    /** What is known of a generation's HNSW index. */
    enum IndexState {
        MISSING,
        /** Left behind by a build that was interrupted. */
        INVALID,
        VALID
    }

    IndexState indexState(int generation) {
        return jdbc.sql("""
                select case when i.indisvalid then 'VALID' else 'INVALID' end
                from pg_class c
                join pg_index i on i.indexrelid = c.oid
                where c.relname = :name and c.relnamespace = 'public'::regnamespace
                """)
                .param("name", indexName(generation))
                .query(String.class)
                .optional()
                .map(IndexState::valueOf)
                .orElse(IndexState.MISSING);
    }

    /** Whether the generation has at least so many chunks. */
    boolean hasChunks(int generation, int wanted) {
        return jdbc.sql("""
                select count(*)
                from (select from document_chunks where generation = :generation limit :wanted) counted
                """)
                        .param("generation", generation)
                        .param("wanted", wanted)
                        .query(Integer.class)
                        .single()
                >= wanted;
    }

    /** Whether documents are on their way into the index. */
    boolean isLoading() {
        return jdbc.sql("select exists (select from documents where delivery <> 'settled')")
                .query(Boolean.class)
                .single();
    }

    /**
     * Builds without keeping writers out, what an interrupted build left behind removed first; not inside a transaction.
     * PostgreSQL holds the lock for as long as this connection, so a builder that dies holds nobody up.
     *
     * @return false if another process is building
     */
    boolean buildIndex(Generation generation) {
        String index = indexName(generation.number());
        return Boolean.TRUE.equals(template.execute((ConnectionCallback<Boolean>) connection -> {
            JdbcClient same = JdbcClient.create(new SingleConnectionDataSource(connection, true));
            boolean locked = same.sql("select pg_try_advisory_lock(:lock, :generation)")
                    .param("lock", INDEX_BUILDING)
                    .param("generation", generation.number())
                    .query(Boolean.class)
                    .single();
            if (!locked) {
                return false;
            }
            try {
                if (indexState(generation.number()) == IndexState.INVALID) {
                    same.sql("drop index concurrently " + index).update();
                }
                same.sql("create index concurrently if not exists " + index + " on "
                                + partition(generation.number()) + " using hnsw ((embedding_vector::vector("
                                + generation.dimension() + ")) vector_cosine_ops)")
                        .update();
                return true;
            } finally {
                same.sql("select pg_advisory_unlock(:lock, :generation)")
                        .param("lock", INDEX_BUILDING)
                        .param("generation", generation.number())
                        .query(Boolean.class)
                        .single();
            }
        }));
    }

    private static String partition(int generation) {
        return "document_chunks_g" + generation;
    }

    private static String indexName(int generation) {
        return partition(generation) + "_hnsw";
    }
}
