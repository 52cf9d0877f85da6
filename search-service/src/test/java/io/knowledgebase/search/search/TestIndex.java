package io.knowledgebase.search.search;

import com.pgvector.PGsparsevec;
import com.pgvector.PGvector;
import io.knowledgebase.schemas.DocumentId;
import io.knowledgebase.vectorizer.DenseVectorizer;
import io.knowledgebase.vectorizer.SparseVectorizer;
import io.knowledgebase.vectorizer.TermVector;
import io.knowledgebase.vectorizer.TextAnalysis;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;

/** Puts documents into the index by SQL, as an administrator. */
final class TestIndex {

    private final JdbcTemplate jdbc;
    private final DenseVectorizer dense;
    private final SparseVectorizer sparse = new SparseVectorizer(TextAnalysis.ENGLISH, 80);

    TestIndex(JdbcTemplate jdbc, DenseVectorizer dense) {
        this.jdbc = jdbc;
        this.dense = dense;
    }

    /** A document to be, in version 1 and attempt 1. */
    record NewDocument(
            String user,
            String sourceType,
            String externalId,
            @Nullable String title,
            String metadata) {

        static NewDocument of(String user, String externalId) {
            return new NewDocument(user, "upload", externalId, null, "{}");
        }
    }

    UUID add(String user, String externalId, String... texts) {
        return add(NewDocument.of(user, externalId), texts);
    }

    /** Adds an indexed document with one chunk per text. */
    UUID add(NewDocument document, String... texts) {
        UUID id = addDocument(document, texts.length);
        for (int i = 0; i < texts.length; i++) {
            addChunk(document, 1, 1, i, texts[i]);
        }
        return id;
    }

    UUID addDocument(NewDocument document, int chunks) {
        UUID id = id(document);
        byte[] hash = sha256(id.toString());
        jdbc.update("insert into users (user_id) values (?) on conflict do nothing", document.user());
        jdbc.update("insert into document_contents (content_sha256, bytes) values (?, 1) on conflict do nothing", hash);
        jdbc.update(
                """
                insert into documents (document_id, user_id, source_type, source_id, title, source_url, metadata,
                                       content_sha256, content_bytes, delivery)
                values (?, ?, ?, ?, ?, ?, ?::jsonb, ?, 1, 'published')
                """,
                id,
                document.user(),
                document.sourceType(),
                document.externalId(),
                document.title(),
                "https://example.org/" + document.externalId(),
                document.metadata(),
                hash);
        jdbc.update("""
                insert into indexed_documents (generation, document_id, user_id, version, attempt, state, title, source_url,
                                               metadata, chunks)
                select 1, document_id, user_id, version, attempt, 'indexed', title, source_url, metadata, ?
                from documents
                where document_id = ?
                """, chunks, id);
        return id;
    }

    void addChunk(NewDocument document, int version, int attempt, int chunkIndex, String text) {
        addChunk(document, version, attempt, chunkIndex, text, dense.vectorize(text));
    }

    void addChunk(NewDocument document, int version, int attempt, int chunkIndex, String text, float[] vector) {
        TermVector terms = sparse.document(text);
        Map<Integer, Float> weights = new HashMap<>();
        for (int i = 0; i < terms.size(); i++) {
            weights.put(terms.ids()[i] - 1, terms.weights()[i]);
        }
        UUID id = id(document);
        jdbc.update(
                """
                insert into document_chunks (chunk_id, user_id, text, source_type, source_id, embedding_vector,
                    chunk_index, generation, document_id, version, attempt, section_title, page_number, token_count,
                    text_hash, terms, term_weights)
                values (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, 'A section', ?, ?, ?, ?, ?)
                """,
                DocumentId.ofChunk(id, text, chunkIndex).toString(),
                document.user(),
                text,
                document.sourceType(),
                document.externalId(),
                new PGvector(vector),
                chunkIndex,
                id,
                version,
                attempt,
                chunkIndex + 1,
                dense.wordPieces().count(text),
                sha256(text),
                terms.ids(),
                new PGsparsevec(weights, TermVector.MAXIMUM_ID));
    }

    static UUID id(NewDocument document) {
        return DocumentId.of(document.user(), document.sourceType(), document.externalId());
    }

    void execute(String sql, Object... parameters) {
        jdbc.update(sql, parameters);
    }

    List<UUID> ids(String user) {
        return jdbc.queryForList("select document_id from documents where user_id = ?", UUID.class, user);
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
