package io.knowledgebase.embed.generation;

import org.springframework.jdbc.core.simple.JdbcClient;

/** SQL of the generations and of their HNSW indexes. */
final class GenerationStore {

    private final JdbcClient jdbc;

    GenerationStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
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

    void dropIndex(int generation) {
        jdbc.sql("drop index concurrently if exists " + indexName(generation)).update();
    }

    /** Builds without keeping writers out; not inside a transaction. */
    void createIndex(Generation generation) {
        jdbc.sql("create index concurrently " + indexName(generation.number()) + " on document_chunks_g"
                        + generation.number() + " using hnsw ((embedding_vector::vector(" + generation.dimension()
                        + ")) vector_cosine_ops)")
                .update();
    }

    private static String indexName(int generation) {
        return "document_chunks_g" + generation + "_hnsw";
    }
}
