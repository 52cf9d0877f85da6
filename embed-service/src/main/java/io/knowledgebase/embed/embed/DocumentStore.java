package io.knowledgebase.embed.embed;

import com.pgvector.PGvector;
import io.knowledgebase.embed.generation.Generation;
import io.knowledgebase.vectorizer.DenseVectorizer;
import java.io.IOException;
import java.io.OutputStream;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What the embedder reads from PostgreSQL. */
final class DocumentStore {

    private final JdbcClient jdbc;

    DocumentStore(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    private static final String DOCUMENT = """
            select user_id, version, attempt, deleted, encode(content_sha256, 'hex') as content_sha256,
                   coalesce(content_bytes, 0) as content_bytes, file_name, title
            from documents
            where document_id = :documentId
            """;

    Optional<DocumentRow> find(UUID documentId) {
        return jdbc.sql(DOCUMENT)
                .param("documentId", documentId)
                .query(DocumentStore::row)
                .optional();
    }

    /** The document if its present version is the one that was published at this place, as far as is known. */
    Optional<DocumentRow> findPublishedAt(UUID documentId, int partition, long offset) {
        return jdbc.sql(DOCUMENT + """
                  and not deleted and delivery <> 'pending'
                  and (published_offset is null or (published_partition, published_offset) = (:partition, :offset))
                """)
                .param("documentId", documentId)
                .param("partition", partition)
                .param("offset", offset)
                .query(DocumentStore::row)
                .optional();
    }

    private static DocumentRow row(ResultSet row, int number) throws SQLException {
        return new DocumentRow(
                row.getString("user_id"),
                row.getInt("version"),
                row.getInt("attempt"),
                row.getBoolean("deleted"),
                row.getString("content_sha256"),
                row.getLong("content_bytes"),
                row.getString("file_name"),
                row.getString("title"));
    }

    /** Writes the content part by part; false if it is no longer there. */
    boolean copyContent(String contentSha256, OutputStream target) throws IOException {
        byte[] hash = HexFormat.of().parseHex(contentSha256);
        int parts = jdbc.sql("""
                select coalesce((select ceil(bytes / 1048576.0) from document_contents where content_sha256 = :hash), -1)
                """).param("hash", hash).query(Integer.class).single();
        for (int part = 0; part < parts; part++) {
            Optional<byte[]> data = jdbc.sql("""
                    select data from document_content_parts where content_sha256 = :hash and part = :part
                    """)
                    .param("hash", hash)
                    .param("part", part)
                    .query(byte[].class)
                    .optional();
            if (data.isEmpty()) {
                return false;
            }
            target.write(data.get());
        }
        return parts >= 0;
    }

    /** Vectors of the model that the user's chunks already have, staged ones included, by text hash. */
    Map<String, float[]> knownVectors(
            Generation generation, DenseVectorizer model, String userId, Collection<String> textHashes) {
        Map<String, float[]> known = new HashMap<>();
        byte[][] hashes = textHashes.stream().map(HexFormat.of()::parseHex).toArray(byte[][]::new);
        jdbc.sql("""
                select distinct on (c.text_hash) encode(c.text_hash, 'hex') as text_hash, c.embedding_vector
                from document_chunks c
                join index_generations g on g.generation = c.generation and g.model = :model
                     and (g.model_digest is null or g.model_digest = :digest)
                     and (g.generation = :generation or not :fresh and g.state not in ('failed', 'dropping'))
                where c.user_id = :userId and c.text_hash = any(:hashes)
                """)
                .param("model", model.model())
                .param("digest", model.digest())
                .param("generation", generation.number())
                .param("fresh", generation.freshVectors())
                .param("userId", userId)
                .param("hashes", hashes)
                .query(row -> {
                    known.put(row.getString("text_hash"), vector(row.getString("embedding_vector")));
                });
        return known;
    }

    private static float[] vector(String text) throws SQLException {
        return new PGvector(text).toArray();
    }
}
