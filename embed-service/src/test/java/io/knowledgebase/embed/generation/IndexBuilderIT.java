package io.knowledgebase.embed.generation;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.embed.EmbedDatabase;
import io.knowledgebase.embed.generation.GenerationStore.IndexState;
import io.knowledgebase.local.servers.PostgresCluster;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.util.unit.DataSize;

/** The HNSW index comes when it is needed, once, and whatever became of an earlier build. */
class IndexBuilderIT {

    private static final String USER = "anna";
    private static final UUID DOCUMENT = UUID.randomUUID();
    private static final GenerationSettings FROM_THREE =
            new GenerationSettings(3, 5, "", "", DataSize.ofGigabytes(1), Duration.ofMinutes(2), Duration.ofSeconds(5));

    private DriverManagerDataSource superuser;
    private JdbcTemplate administrator;
    private GenerationStore store;
    private int generation;
    private int chunkIndex;

    @BeforeEach
    void emptyIndex() throws Exception {
        EmbedDatabase database = new EmbedDatabase(PostgresCluster.forTests());
        superuser = database.asAdministrator();
        administrator = new JdbcTemplate(superuser);
        store = GenerationStores.of(database);
        generation = store.live().number();
        administrator.queryForList("select ensure_user(?)", USER);
        administrator.update(
                "insert into documents (document_id, user_id, source_type, source_id, deleted, delivery)"
                        + " values (?, ?, 'upload', 'a', true, 'settled')",
                DOCUMENT,
                USER);
    }

    @Test
    void comesWithEnoughChunks() {
        addChunks(2);
        assertThat(stateAfterALook()).isEqualTo(IndexState.MISSING);

        addChunks(1);
        assertThat(stateAfterALook()).isEqualTo(IndexState.VALID);
    }

    @Test
    void waitsForDocumentsOnTheirWayButNotForEver() {
        administrator.update("update documents set delivery = 'published'");
        addChunks(4);
        assertThat(stateAfterALook()).isEqualTo(IndexState.MISSING);

        addChunks(1);
        assertThat(stateAfterALook()).isEqualTo(IndexState.VALID);
    }

    @Test
    void whatAnInterruptedBuildLeftBehindIsReplaced() {
        addChunks(3);
        assertThat(store.buildIndex(store.live())).isTrue();
        administrator.update(
                "update pg_index set indisvalid = false where indexrelid = ?::regclass",
                "document_chunks_g" + generation + "_hnsw");
        assertThat(state()).isEqualTo(IndexState.INVALID);

        assertThat(stateAfterALook()).isEqualTo(IndexState.VALID);
    }

    @Test
    void oneBuildsAtATimeAndADeadBuilderHoldsNobodyUp() throws Exception {
        addChunks(3);
        try (Connection builder = superuser.getConnection();
                Statement statement = builder.createStatement()) {
            statement.execute("select pg_advisory_lock(" + GenerationStore.INDEX_BUILDING + ", " + generation + ")");
            assertThat(store.buildIndex(store.live())).isFalse();
            assertThat(state()).isEqualTo(IndexState.MISSING);
        }
        assertThat(store.buildIndex(store.live())).isTrue();
        assertThat(state()).isEqualTo(IndexState.VALID);
    }

    private IndexState stateAfterALook() {
        new IndexBuilder(store, FROM_THREE).buildIfNeeded(store.live());
        return state();
    }

    private IndexState state() {
        return store.indexState(generation);
    }

    private void addChunks(int chunks) {
        for (int i = 0; i < chunks; i++) {
            administrator.update("""
                    insert into document_chunks (chunk_id, user_id, text, source_type, source_id, embedding_vector,
                        chunk_index, generation, document_id, version, attempt, token_count, text_hash, terms, term_weights)
                    select ?, ?, 'text', 'upload', 'a', array_agg(random())::vector, ?, ?, ?, 1, 1, 1, sha256('text'), '{1}',
                           '{1:1}/1000000000'
                    from generate_series(1, 384)
                    """, UUID.randomUUID().toString(), USER, chunkIndex++, generation, DOCUMENT);
        }
    }
}
