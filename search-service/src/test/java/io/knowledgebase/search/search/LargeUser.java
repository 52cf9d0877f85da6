package io.knowledgebase.search.search;

import io.knowledgebase.search.search.TestIndex.NewDocument;
import java.io.StringReader;
import java.sql.Connection;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.springframework.jdbc.core.JdbcTemplate;

/** A user with so many chunks that the HNSW index is needed, among many small ones; the same in every run. */
final class LargeUser {

    static final String NAME = "large-user";
    static final int CHUNKS_PER_DOCUMENT = 100;
    static final int DIMENSION = 384;

    /** So many that the planner takes an average user to be small. */
    private static final int SMALL_USERS = 200;

    private static final int TOPICS = 24;

    private final Random random = new Random(5);
    private final float[][] topics = new float[TOPICS][DIMENSION];

    LargeUser() {
        for (float[] topic : topics) {
            for (int i = 0; i < DIMENSION; i++) {
                topic[i] = (float) random.nextGaussian();
            }
        }
    }

    /** Writes the documents, {@code document-0} and so on, and builds the index. */
    void fill(JdbcTemplate administrator, TestIndex index, int documents) throws Exception {
        for (int document = 0; document < documents; document++) {
            index.addDocument(NewDocument.of(NAME, "document-" + document), CHUNKS_PER_DOCUMENT);
        }
        try (Connection connection =
                Objects.requireNonNull(administrator.getDataSource()).getConnection()) {
            for (int document = 0; document < documents; document++) {
                UUID id = TestIndex.id(NewDocument.of(NAME, "document-" + document));
                StringBuilder rows = new StringBuilder();
                for (int chunk = 0; chunk < CHUNKS_PER_DOCUMENT; chunk++) {
                    row(rows, id, document, chunk);
                }
                connection.unwrap(PGConnection.class).getCopyAPI().copyIn("""
                        copy document_chunks (chunk_id, user_id, text, source_type, source_id, embedding_vector,
                            chunk_index, generation, document_id, version, attempt, token_count, text_hash, terms,
                            term_weights)
                        from stdin""", new StringReader(rows.toString()));
            }
        }
        for (int user = 0; user < SMALL_USERS; user++) {
            index.add("small-user-" + user, "a", "A text.");
        }
        administrator.execute("create index document_chunks_g1_hnsw on document_chunks_g1"
                + " using hnsw ((embedding_vector::vector(384)) vector_cosine_ops)");
        administrator.execute("vacuum analyze document_chunks");
        administrator.execute("vacuum analyze documents");
        administrator.execute("vacuum analyze indexed_documents");
    }

    private void row(StringBuilder rows, UUID document, int number, int chunk) {
        int common = 1 + random.nextInt(40);
        int rare = 41 + random.nextInt(20_000);
        rows.append(document).append('-').append(chunk);
        rows.append('\t')
                .append(NAME)
                .append("\tchunk\tupload\tdocument-")
                .append(number)
                .append("\t[");
        float[] vector = vector();
        for (int i = 0; i < DIMENSION; i++) {
            rows.append(i == 0 ? "" : ",").append(Math.round(vector[i] * 1e5f)).append("e-5");
        }
        rows.append("]\t")
                .append(chunk)
                .append("\t1\t")
                .append(document)
                .append("\t1\t1\t1\t\\\\x")
                .append("00".repeat(32));
        rows.append("\t{").append(common).append(',').append(rare).append("}\t{");
        rows.append(common).append(":1,").append(rare).append(":1}/1000000000\n");
    }

    /** A mixture of topics with a little noise, of unit length: real embeddings lie near few dimensions as well. */
    float[] vector() {
        float[] vector = new float[DIMENSION];
        for (float[] topic : topics) {
            float share = (float) random.nextGaussian();
            for (int i = 0; i < DIMENSION; i++) {
                vector[i] += share * topic[i];
            }
        }
        double square = 0;
        for (int i = 0; i < DIMENSION; i++) {
            vector[i] += (float) random.nextGaussian();
            square += vector[i] * vector[i];
        }
        for (int i = 0; i < DIMENSION; i++) {
            vector[i] /= (float) Math.sqrt(square);
        }
        return vector;
    }
}
