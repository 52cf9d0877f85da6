package io.knowledgebase.embed.write;

import com.pgvector.PGsparsevec;
import com.pgvector.PGvector;
import io.knowledgebase.schemas.event.DocumentEmbedded;
import io.knowledgebase.schemas.event.DocumentRejected;
import io.knowledgebase.schemas.event.EmbeddedChunk;
import io.knowledgebase.schemas.event.Event;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.json.JsonMapper;

/** SQL of the writer; every method belongs to the caller's transaction. */
final class ChunkStore {

    /** The dimension of {@code sparsevec}: term ids go up to it. */
    private static final int TERM_DIMENSION = 1_000_000_000;

    private static final String INSERT_CHUNK = """
            insert into document_chunks (
                chunk_id, user_id, text, metadata, source_type, source_id, source_url, embedding_vector, chunk_index,
                generation, document_id, version, attempt, section_title, page_number, token_count, text_hash, terms,
                term_weights)
            select ?, d.user_id, ?, jsonb_strip_nulls(jsonb_build_object('title', d.title, 'page', ?::integer)),
                   d.source_type, d.source_id, d.source_url, ?, ?, ?, d.document_id, ?, ?, ?, ?, ?, ?, ?, ?
            from documents d
            where d.document_id = ?
            on conflict do nothing
            """;

    private final JdbcClient jdbc;
    private final JdbcTemplate batches;

    ChunkStore(JdbcTemplate batches) {
        this.batches = batches;
        this.jdbc = JdbcClient.create(batches);
    }

    Optional<DocumentState> lock(UUID documentId) {
        return jdbc.sql("""
                select version, attempt, deleted
                from documents
                where document_id = :documentId
                for no key update
                """)
                .param("documentId", documentId)
                .query(ChunkStore::state)
                .optional();
    }

    Optional<DocumentState> find(UUID documentId) {
        return jdbc.sql("select version, attempt, deleted from documents where document_id = :documentId")
                .param("documentId", documentId)
                .query(ChunkStore::state)
                .optional();
    }

    private static DocumentState state(ResultSet row, int number) throws SQLException {
        return new DocumentState(row.getInt("version"), row.getInt("attempt"), row.getBoolean("deleted"));
    }

    /** Whether the generation has the outcome of this version and attempt, or of a later one. */
    boolean hasOutcome(int generation, UUID documentId, int version, int attempt) {
        return jdbc.sql("""
                select exists (select from indexed_documents
                               where generation = :generation and document_id = :documentId
                                 and (version, attempt) >= (:version, :attempt))
                """)
                .param("generation", generation)
                .param("documentId", documentId)
                .param("version", version)
                .param("attempt", attempt)
                .query(Boolean.class)
                .single();
    }

    void insert(DocumentEmbedded part) {
        batches.batchUpdate(
                INSERT_CHUNK, part.chunks(), part.chunks().size(), (statement, chunk) -> bind(statement, part, chunk));
    }

    private static void bind(PreparedStatement statement, DocumentEmbedded part, EmbeddedChunk chunk)
            throws SQLException {
        statement.setString(1, chunk.chunkId());
        statement.setString(2, chunk.text());
        statement.setObject(3, chunk.page(), Types.INTEGER);
        statement.setObject(4, new PGvector(chunk.vector()));
        statement.setInt(5, chunk.index());
        statement.setInt(6, part.generation());
        statement.setInt(7, part.version());
        statement.setInt(8, part.attempt());
        statement.setString(9, chunk.section());
        statement.setObject(10, chunk.page(), Types.INTEGER);
        statement.setInt(11, chunk.tokens());
        statement.setBytes(12, HexFormat.of().parseHex(chunk.textHash()));
        statement.setObject(13, chunk.terms());
        statement.setObject(14, sparsevec(chunk));
        statement.setObject(15, part.documentId());
    }

    private static PGsparsevec sparsevec(EmbeddedChunk chunk) {
        Map<Integer, Float> weights = new HashMap<>();
        for (int i = 0; i < chunk.terms().length; i++) {
            weights.put(chunk.terms()[i] - 1, chunk.termWeights()[i]); // PGsparsevec counts from 0, SQL from 1
        }
        return new PGsparsevec(weights, TERM_DIMENSION);
    }

    int countChunks(DocumentEmbedded part) {
        return jdbc.sql("""
                select count(*)
                from document_chunks
                where generation = :generation and document_id = :documentId
                  and version = :version and attempt = :attempt
                """)
                .param("generation", part.generation())
                .param("documentId", part.documentId())
                .param("version", part.version())
                .param("attempt", part.attempt())
                .query(Integer.class)
                .single();
    }

    void saveProgress(DocumentEmbedded part, int staged) {
        jdbc.sql("""
                insert into staged_documents (generation, document_id, version, attempt, staged_chunks, chunks)
                values (:generation, :documentId, :version, :attempt, :staged, :chunks)
                on conflict (generation, document_id) do update
                set version = excluded.version, attempt = excluded.attempt, staged_chunks = excluded.staged_chunks,
                    chunks = excluded.chunks
                """)
                .param("generation", part.generation())
                .param("documentId", part.documentId())
                .param("version", part.version())
                .param("attempt", part.attempt())
                .param("staged", staged)
                .param("chunks", part.documentChunks())
                .update();
    }

    /** The version becomes visible with this row; false if a newer one is there. What the user says goes first. */
    boolean saveIndexed(DocumentEmbedded part) {
        return jdbc.sql("""
                insert into indexed_documents (
                    generation, document_id, user_id, version, attempt, state, title, source_url, metadata, warnings,
                    chunks, embedded_chunks, reused_chunks)
                select :generation, document_id, user_id, :version, :attempt, 'indexed', coalesce(title, :title),
                       source_url, cast(:metadata as jsonb) || metadata, :warnings, :chunks, :embedded, :reused
                from documents
                where document_id = :documentId
                on conflict (generation, document_id) do update
                set version = excluded.version, attempt = excluded.attempt, state = excluded.state, reason = null,
                    detail = null, title = excluded.title, source_url = excluded.source_url,
                    metadata = excluded.metadata, warnings = excluded.warnings, chunks = excluded.chunks,
                    embedded_chunks = excluded.embedded_chunks, reused_chunks = excluded.reused_chunks,
                    indexed_at = now()
                where (indexed_documents.version, indexed_documents.attempt) < (excluded.version, excluded.attempt)
                """)
                        .param("generation", part.generation())
                        .param("documentId", part.documentId())
                        .param("version", part.version())
                        .param("attempt", part.attempt())
                        .param("title", part.title())
                        .param("metadata", JsonMapper.shared().writeValueAsString(part.metadata()))
                        .param("warnings", part.warnings().toArray(String[]::new))
                        .param("chunks", part.documentChunks())
                        .param("embedded", part.embeddedChunks())
                        .param("reused", part.reusedChunks())
                        .update()
                == 1;
    }

    /** False if a newer version, or this one's success, is there. */
    boolean saveFailed(DocumentRejected rejected) {
        return jdbc.sql("""
                insert into indexed_documents (
                    generation, document_id, user_id, version, attempt, state, reason, detail)
                select :generation, document_id, user_id, :version, :attempt, 'failed', :reason, :detail
                from documents
                where document_id = :documentId
                on conflict (generation, document_id) do update
                set version = excluded.version, attempt = excluded.attempt, state = excluded.state,
                    reason = excluded.reason, detail = excluded.detail, title = null, source_url = null,
                    metadata = '{}', warnings = '{}', chunks = 0, embedded_chunks = 0, reused_chunks = 0,
                    indexed_at = now()
                where (indexed_documents.version, indexed_documents.attempt) < (excluded.version, excluded.attempt)
                """)
                        .param("generation", rejected.generation())
                        .param("documentId", rejected.documentId())
                        .param("version", rejected.version())
                        .param("attempt", rejected.attempt())
                        .param("reason", rejected.reason().code())
                        .param("detail", rejected.detail())
                        .update()
                == 1;
    }

    void deleteIndexed(int generation, UUID documentId) {
        jdbc.sql("delete from indexed_documents where generation = :generation and document_id = :documentId")
                .param("generation", generation)
                .param("documentId", documentId)
                .update();
    }

    /** Removes staged chunks of a version; those of a visible one stay. */
    void deleteStaged(int generation, UUID documentId, int version, int attempt) {
        jdbc.sql("""
                delete from document_chunks
                where generation = :generation and document_id = :documentId
                  and version = :version and attempt = :attempt
                  and not exists (select from indexed_documents
                                  where generation = :generation and document_id = :documentId
                                    and version = :version and attempt = :attempt and state = 'indexed')
                """)
                .param("generation", generation)
                .param("documentId", documentId)
                .param("version", version)
                .param("attempt", attempt)
                .update();
    }

    /** Removes every version but one, and the traces of its staging. */
    void deleteOtherChunks(int generation, UUID documentId, int version, int attempt) {
        jdbc.sql("""
                delete from document_chunks
                where generation = :generation and document_id = :documentId
                  and (version, attempt) <> (:version, :attempt)
                """)
                .param("generation", generation)
                .param("documentId", documentId)
                .param("version", version)
                .param("attempt", attempt)
                .update();
        deleteProgress(generation, documentId);
    }

    void deleteAllChunks(int generation, UUID documentId) {
        jdbc.sql("delete from document_chunks where generation = :generation and document_id = :documentId")
                .param("generation", generation)
                .param("documentId", documentId)
                .update();
        deleteProgress(generation, documentId);
    }

    private void deleteProgress(int generation, UUID documentId) {
        jdbc.sql("delete from staged_documents where generation = :generation and document_id = :documentId")
                .param("generation", generation)
                .param("documentId", documentId)
                .update();
    }

    /** The event needs no watching any more; only the live generation's outcome counts. */
    void settle(Event event, int generation) {
        jdbc.sql("""
                update documents
                set delivery = 'settled'
                where document_id = :documentId and version = :version and attempt = :attempt
                  and delivery <> 'settled'
                  and exists (select from index_generations where generation = :generation and state = 'live')
                """)
                .param("documentId", event.documentId())
                .param("version", event.version())
                .param("attempt", event.attempt())
                .param("generation", generation)
                .update();
    }

    void requestAnotherAttempt(UUID documentId) {
        jdbc.sql("""
                update documents
                set attempt = attempt + 1, delivery = 'pending', pending_since = now()
                where document_id = :documentId
                """).param("documentId", documentId).update();
    }
}
