package io.knowledgebase.embed.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.embed.EmbedDatabase;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.schemas.event.DocumentEmbedded;
import io.knowledgebase.schemas.event.DocumentRejected;
import io.knowledgebase.schemas.event.DocumentRemoved;
import io.knowledgebase.schemas.event.EmbeddedChunk;
import io.knowledgebase.schemas.event.RejectionReason;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Whatever order events come in, and however often: the newest version is visible, whole, and nothing else is left. */
class ChunkWriterIT {

    private static final String USER = "anna";
    private static final int PARTS = 3;
    private static final int CHUNKS_PER_PART = 2;

    private final UUID document = UUID.randomUUID();
    private JdbcTemplate administrator;
    private ChunkWriter writer;

    @BeforeEach
    void acceptedDocument() throws Exception {
        EmbedDatabase database = new EmbedDatabase(PostgresCluster.forTests());
        administrator = new JdbcTemplate(database.asAdministrator());
        DataSource asEmbed = database.asEmbed();
        writer = new ChunkWriter(
                new ChunkStore(new JdbcTemplate(asEmbed)),
                new TransactionTemplate(new JdbcTransactionManager(asEmbed)));
        administrator.queryForList("select ensure_user(?)", USER);
        administrator.update("insert into document_contents (content_sha256, bytes) values (sha256('x'), 1)");
        administrator.update(
                "insert into documents (document_id, user_id, source_type, source_id, title, source_url, metadata,"
                        + " content_sha256, delivery)"
                        + " values (?, ?, 'upload', 'a', 'A title', 'https://example.org/a', '{\"k\": 1}',"
                        + " sha256('x'), 'published')",
                document,
                USER);
    }

    @Test
    void theVersionBecomesVisibleWithItsLastPartAndKeepsWhatItSaidOfItself() {
        writeParts(1, 0, PARTS - 1);
        assertThat(visibleChunks()).isZero();
        assertThat(count("staged_documents")).isOne();

        writeParts(1, PARTS - 1, PARTS);
        accept(2);
        administrator.update("update documents set title = 'Another', source_url = null, metadata = '{}'");

        assertThat(visibleChunks()).isEqualTo(PARTS * CHUNKS_PER_PART);
        assertThat(count("staged_documents")).isZero();
        assertThat(administrator.queryForMap("select title, source_url, metadata::text from indexed_documents"))
                .isEqualTo(Map.of(
                        "title",
                        "A title",
                        "source_url",
                        "https://example.org/a",
                        "metadata",
                        "{\"k\": 1, \"author\": \"Anna\"}"));
    }

    @Test
    void stalePartsThatComeAgainLeaveTheVisibleVersionAlone() {
        writeParts(1, 0, PARTS);
        accept(2);

        writeParts(1, 0, PARTS);

        assertThat(visibleChunks()).isEqualTo(PARTS * CHUNKS_PER_PART);
    }

    @Test
    void stalePartsOfAVersionThatWasNeverVisibleAreRemoved() {
        writeParts(1, 0, PARTS - 1);
        accept(2);

        writeParts(1, PARTS - 1, PARTS);

        assertThat(count("document_chunks")).isZero();
    }

    @Test
    void partsOfAFutureThatTheDatabaseHasLostAreNotWritten() {
        writeParts(1, 0, PARTS);

        writeParts(2, 0, PARTS);
        writer.write(new DocumentRejected(document, USER, 1, 3, 1, RejectionReason.INTERNAL, "A part was poison."));

        assertThat(visibleChunks()).isEqualTo(PARTS * CHUNKS_PER_PART);
        assertThat(count("document_chunks where version = 1")).isEqualTo(count("document_chunks"));
    }

    @Test
    void partsThatComeAgainAfterTheOutcomeChangeNothing() {
        writeParts(1, 0, PARTS);
        writeParts(1, 0, PARTS);

        assertThat(visibleChunks()).isEqualTo(PARTS * CHUNKS_PER_PART);
        assertThat(count("document_chunks")).isEqualTo(PARTS * CHUNKS_PER_PART);
        assertThat(count("staged_documents")).isZero();
    }

    @Test
    void partsAfterARejectionNeitherStayNorAskForAnotherAttempt() {
        writeParts(1, 0, 1);
        writer.write(new DocumentRejected(document, USER, 1, 1, 1, RejectionReason.INTERNAL, "A part was poison."));

        writeParts(1, 1, PARTS);

        assertThat(count("document_chunks")).isZero();
        assertThat(attempt()).isOne();
        assertThat(administrator.queryForObject("select state from indexed_documents", String.class))
                .isEqualTo("failed");
    }

    @Test
    void ifPartsAreMissingAnotherAttemptIsAskedFor() {
        writeParts(1, 1, PARTS);

        assertThat(visibleChunks()).isZero();
        assertThat(attempt()).isEqualTo(2);
    }

    @Test
    void partsOfADeletedDocumentAreRemovedAndSoIsWhatWasVisible() {
        writeParts(1, 0, PARTS);
        administrator.update("update documents set version = 2, deleted = true, content_sha256 = null");

        writeParts(1, 0, 1);
        writer.write(new DocumentRemoved(document, USER, 1, 2, 1));

        assertThat(count("document_chunks")).isZero();
        assertThat(count("indexed_documents")).isZero();
    }

    private void accept(int version) {
        administrator.update("update documents set version = ?, attempt = 1, delivery = 'published'", version);
    }

    private void writeParts(int version, int from, int to) {
        for (int part = from; part < to; part++) {
            int first = part * CHUNKS_PER_PART;
            List<EmbeddedChunk> chunks = IntStream.range(first, first + CHUNKS_PER_PART)
                    .mapToObj(ChunkWriterIT::chunk)
                    .toList();
            writer.write(new DocumentEmbedded(
                    document,
                    USER,
                    1,
                    version,
                    1,
                    part,
                    part == PARTS - 1,
                    PARTS * CHUNKS_PER_PART,
                    PARTS * CHUNKS_PER_PART,
                    0,
                    "Extracted",
                    Map.of("author", "Anna"),
                    List.of(),
                    chunks));
        }
    }

    private static EmbeddedChunk chunk(int index) {
        float[] vector = new float[384];
        vector[index] = 1;
        return new EmbeddedChunk(
                index,
                "chunk-" + index,
                "Text " + index,
                null,
                null,
                2,
                "%064x".formatted(index),
                vector,
                new int[] {index + 1},
                new float[] {1});
    }

    private int visibleChunks() {
        return count("document_chunks_compat");
    }

    private int attempt() {
        return administrator.queryForObject("select attempt from documents", Integer.class);
    }

    private int count(String table) {
        return administrator.queryForObject("select count(*) from " + table, Integer.class);
    }
}
