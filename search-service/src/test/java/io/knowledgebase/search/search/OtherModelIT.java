package io.knowledgebase.search.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.pgvector.PGvector;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.vectorizer.DenseVectorizer;
import io.knowledgebase.vectorizer.Models;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;

/** A generation of another model goes live while the service runs. */
class OtherModelIT extends SearchOverHttp {

    private static final String DATABASE = "other_model";
    private static final String TEXT = "The ferry leaves at seven.";

    @TempDir
    private static Path models;

    private static String url;

    @DynamicPropertySource
    static void service(DynamicPropertyRegistry registry) throws Exception {
        PostgresCluster cluster = PostgresCluster.forTests();
        prepare(cluster, DATABASE);
        url = cluster.jdbcUrl(DATABASE);
        writeModel(models.resolve("first-position"));
        settings(registry, url);
        registry.add("kb.search.models", () -> models.toString());
    }

    /** MiniLM, whose vectors are the state of the first position instead of the mean of all. */
    private static void writeModel(Path folder) throws IOException {
        Files.createDirectories(folder.resolve("1_Pooling"));
        copy("/all-minilm-l6-v2-q.onnx", folder.resolve("model.onnx"));
        copy("/all-minilm-l6-v2-q-tokenizer.json", folder.resolve("tokenizer.json"));
        Files.writeString(folder.resolve("sentence_bert_config.json"), "{\"max_seq_length\": 256}");
        Files.writeString(folder.resolve("1_Pooling/config.json"), "{\"pooling_mode_cls_token\": true}");
    }

    private static void copy(String resource, Path target) throws IOException {
        try (InputStream stream = Objects.requireNonNull(DenseVectorizer.class.getResourceAsStream(resource))) {
            Files.copy(stream, target);
        }
    }

    @Test
    void queriesAreReadWithTheModelOfTheGenerationThatAnswers() {
        PostgresCluster cluster = PostgresCluster.forTests();
        JdbcTemplate administrator =
                new JdbcTemplate(new DriverManagerDataSource(url, cluster.user(), cluster.password()));
        new TestIndex(administrator, dense).add("anna", "timetable", TEXT);
        try (DenseVectorizer other = new Models(models).load("first-position")) {
            addGeneration(administrator, other.vectorize(TEXT));
        }

        assertIsExact(1, answer());
        promote(administrator, 2);
        assertIsExact(2, answer());
        promote(administrator, 1);
        assertIsExact(1, answer());

        administrator.update("update index_generations set model_digest = 'of other files' where generation = 1");
        assertThat(search("anna", "{\"query\": \"ferry\"}").status()).isEqualTo(503);
        assertThat(search("anna", "{\"query\": \"ferry\", \"mode\": \"lexical\"}")
                        .status())
                .isEqualTo(200);
    }

    private JsonNode answer() {
        return search("anna", "{\"query\": \"" + TEXT + "\", \"mode\": \"dense\"}")
                .body();
    }

    private static void assertIsExact(int generation, JsonNode answer) {
        assertThat(answer.path("generation").asInt()).isEqualTo(generation);
        assertThat(answer.at("/results/0/denseScore").asDouble()).isCloseTo(1, within(1e-3));
    }

    private static void addGeneration(JdbcTemplate administrator, float[] vector) {
        administrator.execute("""
                insert into index_generations (generation, state, model, dimension, chunk_tokens, overlap_tokens, average_terms)
                values (2, 'ready', 'first-position', 384, 192, 32, 60);
                create table document_chunks_g2 partition of document_chunks for values in (2);
                insert into indexed_documents (generation, document_id, user_id, version, attempt, state, chunks)
                select 2, document_id, user_id, version, attempt, state, chunks from indexed_documents;
                """);
        administrator.update("""
                insert into document_chunks (chunk_id, user_id, text, source_type, source_id, embedding_vector, chunk_index,
                    generation, document_id, version, attempt, token_count, text_hash, terms, term_weights)
                select chunk_id, user_id, text, source_type, source_id, ?, chunk_index,
                       2, document_id, version, attempt, token_count, text_hash, terms, term_weights
                from document_chunks where generation = 1
                """, new PGvector(vector));
    }

    private static void promote(JdbcTemplate administrator, int generation) {
        administrator.execute("update index_generations set state = 'previous' where state = 'live';"
                + "update index_generations set state = 'live' where generation = " + generation);
    }
}
