package io.knowledgebase.embed.generation;

import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** SQL of the generations and of their HNSW indexes. */
final class GenerationStore {

    /** The class of advisory locks for index builds; the generation is the other half of the key. */
    static final int INDEX_BUILDING = 0x6b62_0001;

    private final JdbcTemplate template;
    private final JdbcClient jdbc;

    GenerationStore(JdbcTemplate template) {
        this.template = template;
        this.jdbc = JdbcClient.create(template);
    }

    Generation live() {
        return jdbc.sql("""
                select generation, model, dimension, chunk_tokens, overlap_tokens, average_terms
                from index_generations
                where state = 'live'
                """)
                .query((row, number) -> new Generation(
                        row.getInt("generation"),
                        row.getString("model"),
                        row.getInt("dimension"),
                        row.getInt("chunk_tokens"),
                        row.getInt("overlap_tokens"),
                        row.getFloat("average_terms")))
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
                same.sql("create index concurrently if not exists " + index + " on document_chunks_g"
                                + generation.number() + " using hnsw ((embedding_vector::vector("
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

    private static String indexName(int generation) {
        return "document_chunks_g" + generation + "_hnsw";
    }
}
