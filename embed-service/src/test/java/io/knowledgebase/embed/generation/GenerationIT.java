package io.knowledgebase.embed.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.embed.Pipeline;
import io.knowledgebase.local.servers.KafkaBroker;
import io.knowledgebase.local.servers.PostgresCluster;
import io.knowledgebase.schemas.event.Topics;
import io.knowledgebase.schemas.problem.Problem;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.http.HttpStatus;
import org.springframework.util.unit.DataSize;

/** Re-indexing by replaying the topics, with real documents going through. */
class GenerationIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int DOCUMENTS = 12;

    private static final List<UUID> DOCUMENT_IDS = new ArrayList<>();
    private static Pipeline pipeline;
    private static GenerationOperations operations;

    private int live;

    @BeforeAll
    static void start() throws Exception {
        pipeline = new Pipeline(PostgresCluster.forTests(), KafkaBroker.forTests());
        pipeline.startService(
                "--kb.generation.check-interval=200ms",
                "--kb.generation.replay-lost-after=2s",
                "--kb.generation.index-from-chunks=20",
                "--kb.generation.models="
                        + Path.of(GenerationIT.class.getResource("/models").toURI()));
        operations = pipeline.bean(GenerationOperations.class);
        for (int i = 0; i < DOCUMENTS; i++) {
            DOCUMENT_IDS.add(pipeline.upload(i % 2 == 0 ? "anna" : "bert", "document-" + i + ".md", text(i)));
        }
        DOCUMENT_IDS.add(pipeline.upload("anna", "empty.txt", ""));
        DOCUMENT_IDS.forEach(pipeline::awaitTerminal);
    }

    @AfterAll
    static void stop() {
        pipeline.close();
    }

    @BeforeEach
    void onlyOneIsThere() {
        operations.all().stream()
                .filter(view -> view.state() != GenerationState.LIVE)
                .forEach(view -> operations.drop(view.generation()));
        await().atMost(PATIENCE).until(() -> operations.all().size() == 1);
        live = operations.all().get(0).generation();
    }

    @Test
    void replayWithTheSameSettingsChangesNothingAndEmbedsNothing() throws Exception {
        int replayed = build(wish(null, null, null));

        assertThat(digest(replayed)).isEqualTo(digest(live));
        assertThat(pipeline.count("select sum(embedded_chunks) from indexed_documents where generation = ?", replayed))
                .isZero();
        GenerationView view = operations.get(replayed);
        assertThat(view.indexed()).isEqualTo(operations.get(live).indexed());
        assertThat(view.failed()).isEqualTo(1);
        assertThat(view.index()).isEqualTo("valid");
        assertThat(view.verification()).contains("\"recall\": 1.0", "\"missing\": 0");
    }

    @Test
    void searchesReadWhatIsPromotedAndTheOneBeforeIsTheWayBack() throws Exception {
        int other = build(wish(null, 64, 8));
        assertThat(operations.get(other).chunks())
                .isGreaterThan(operations.get(live).chunks());

        operations.promote(other);
        UUID later = pipeline.upload("anna", "later.txt", "This came after the promotion.");
        pipeline.awaitTerminal(later);
        await().atMost(PATIENCE).until(() -> isIndexed(later, live) && isIndexed(later, other));
        assertThat(state(live)).isEqualTo(GenerationState.PREVIOUS);

        operations.rollback(other);
        assertThat(state(live)).isEqualTo(GenerationState.LIVE);
        UUID evenLater = pipeline.upload("anna", "even-later.txt", "This came after the rollback.");
        pipeline.awaitTerminal(evenLater);
        await().atMost(PATIENCE).until(() -> isIndexed(evenLater, other));

        operations.promote(other);
        operations.drop(live);
        await().atMost(PATIENCE)
                .until(
                        () -> operations.all().stream()
                                .map(GenerationView::generation)
                                .toList(),
                        List.of(other)::equals);
        assertThat(pipeline.count("select count(*) from document_chunks where generation = ?", live))
                .isZero();
        UUID last = pipeline.upload("anna", "last.txt", "This came after the drop.");
        assertThat(pipeline.awaitTerminal(last)).containsEntry("generation", other);
    }

    @ParameterizedTest
    @CsvSource({"all-minilm-l6-v2-fp32, 384", "tiny, 8"})
    void otherModelIsChosenByName(String model, int dimension) {
        int other = build(wish(model, null, null));

        GenerationView view = operations.get(other);
        assertThat(view.model()).isEqualTo(model);
        assertThat(view.dimension()).isEqualTo(dimension);
        assertThat(pipeline.count("select sum(embedded_chunks) from indexed_documents where generation = ?", other))
                .isEqualTo((int) view.chunks());
        assertThat(view.index()).isEqualTo("valid");
        assertThat(operations.promote(other).state()).isEqualTo(GenerationState.LIVE);
        assertThat(operations.rollback(other).generation()).isEqualTo(live);
    }

    @Test
    void verificationTellsWhatDiffers() {
        int damaged = build(wish(null, null, null));
        pipeline.jdbc()
                .sql("delete from document_chunks where generation = ? and document_id = ? and chunk_index = 0")
                .params(damaged, DOCUMENT_IDS.get(0))
                .update();
        pipeline.jdbc()
                .sql("delete from indexed_documents where generation = ? and document_id = ?")
                .params(damaged, DOCUMENT_IDS.get(1))
                .update();

        pipeline.jdbc()
                .sql("update indexed_documents set indexed_at = now() where generation = ?")
                .param(live)
                .update();
        operations.verify(damaged);
        await().atMost(PATIENCE).until(() -> state(damaged) == GenerationState.FAILED);
        assertThat(operations.get(damaged).detail())
                .as("what has only just come to the live one may still be on its way")
                .isEqualTo("1 documents have another number of chunks than they should");

        pipeline.jdbc()
                .sql("update indexed_documents set indexed_at = now() - interval '2 minutes'")
                .update();
        operations.verify(damaged);
        await().atMost(PATIENCE).until(() -> isToldMissing(damaged));
        await().atMost(PATIENCE).until(() -> state(damaged) == GenerationState.FAILED);
        assertThat(operations.get(damaged).detail())
                .contains("1 documents are missing", "1 documents have another number of chunks");
        assertThat(operations.get(damaged).verification())
                .contains(DOCUMENT_IDS.get(0).toString(), DOCUMENT_IDS.get(1).toString());
        assertConflict(() -> operations.promote(damaged), "1 documents are missing", "verify, drop");
    }

    @Test
    void lostChunksComeBackFromTheTopics() throws Exception {
        String before = digest(live);
        pipeline.jdbc()
                .sql("truncate document_chunks, indexed_documents, staged_documents")
                .update();

        int restored = operations
                .create(new GenerationController.Wish(null, null, null, null, null, true))
                .generation();

        await().atMost(PATIENCE).until(() -> state(restored) == GenerationState.LIVE);
        assertThat(digest(restored)).isEqualTo(before);
    }

    @Test
    void eventsOfAFutureThatTheDatabaseHasLostAreLeftOut() throws Exception {
        UUID kept = DOCUMENT_IDS.get(2);
        byte[] hash = Pipeline.sha256(new byte[0]);
        pipeline.publish(pipeline.accepted(kept, "anna", "document-2.md", 7, hash, 0));
        pipeline.publish(pipeline.accepted(UUID.randomUUID(), "anna", "unknown.md", 1, hash, 0));
        String removed = UUID.randomUUID().toString();
        pipeline.send(new ProducerRecord<>(Topics.DOCUMENTS, removed, null));

        int replayed = build(wish(null, null, null));

        await().atMost(PATIENCE)
                .until(() -> !pipeline.bean(GenerationGroups.class).isBehind(replayed));
        assertThat(digest(replayed)).isEqualTo(digest(live));
        assertThat(pipeline.count("select max(version) from indexed_documents where document_id = ?", kept))
                .isEqualTo(1);
        assertThat(letters(removed)).isZero();
    }

    @Test
    void nothingIsIndexedWhileTheTopicsAreToFollowTheDocuments() throws Exception {
        pipeline.jdbc().sql("update publication set republish = true").update();
        Feeds feeds = pipeline.bean(Feeds.class);
        await().atMost(PATIENCE).until(() -> !feeds.isFeeding());
        assertThat(feeds.isWorking()).as("it is no fault").isTrue();
        UUID document = pipeline.upload("anna", "meanwhile.txt", "Nobody reads this before the topics are in order.");
        await().during(Duration.ofSeconds(1)).atMost(PATIENCE).until(() -> !isIndexed(document, live));

        pipeline.jdbc().sql("update publication set republish = false").update();

        pipeline.awaitTerminal(document);
    }

    @Test
    void generationThatIsBehindIsNotPromotedButTheWayBackIsAlwaysOpen() throws Exception {
        UUID document = DOCUMENT_IDS.get(3);
        int other = build(wish(null, null, null));
        operations.promote(other);
        pipeline.jdbc()
                .sql("delete from indexed_documents where generation = ? and document_id = ?")
                .params(live, document)
                .update();
        pipeline.jdbc()
                .sql("update indexed_documents set indexed_at = now() - interval '2 minutes'")
                .update();

        assertConflict(() -> operations.promote(live), "lacks 1 documents that are searched now", "its lag");

        assertThat(operations.rollback(other).generation()).isEqualTo(live);
        pipeline.requeue(document);
        pipeline.awaitTerminal(document);
    }

    @Test
    void generationWithoutTheDocumentsOfTheLiveOneIsNotCompleteWhateverIsUnderWay() throws Exception {
        pipeline.jdbc()
                .sql("update documents set attempt = attempt + 1, delivery = 'pending' where not deleted")
                .update();

        int other = operations
                .create(new GenerationController.Wish(null, null, null, null, null, true))
                .generation();

        await().during(Duration.ofSeconds(3)).atMost(PATIENCE).until(() -> state(other) == GenerationState.BUILDING);
        documents().forEach(pipeline::requeue);
        await().atMost(PATIENCE).until(() -> state(other) == GenerationState.LIVE);
        assertThat(digest(other)).isEqualTo(digest(live));
    }

    @Test
    void wayBackLeadsToNoTextThatWasReplaced() throws Exception {
        UUID document = pipeline.upload("anna", "replaced.txt", "The old text.");
        pipeline.awaitTerminal(document);
        int other = build(wish(null, null, null));
        operations.promote(other);
        pipeline.upload("anna", "replaced.txt", "The new text.");
        pipeline.awaitTerminal(document);
        await().atMost(PATIENCE).until(() -> version(document, live) == 2);
        pipeline.jdbc() // as if it were behind
                .sql("update indexed_documents set version = 1 where generation = ? and document_id = ?")
                .params(live, document)
                .update();

        operations.rollback(other);

        assertThat(isIndexed(document, live)).as("the old text").isFalse();
        assertThat(pipeline.jdbc()
                        .sql("select delivery from documents where document_id = ?")
                        .param(document)
                        .query(String.class)
                        .single())
                .as("it is published again")
                .isEqualTo("pending");
        pipeline.requeue(document);
        pipeline.awaitTerminal(document);
        assertThat(isIndexed(document, live)).isTrue();
    }

    @Test
    void outcomeThatWasLostIsAskedForAgain() throws Exception {
        UUID document = DOCUMENT_IDS.get(4);
        int other = build(wish(null, null, null));
        int attempt = attempt(document);
        pipeline.jdbc()
                .sql("delete from indexed_documents where generation = ? and document_id = ?")
                .params(other, document)
                .update();
        pipeline.jdbc()
                .sql("update indexed_documents set indexed_at = now() - interval '2 minutes'")
                .update();
        pipeline.jdbc()
                .sql("update index_generations set state = 'building' where generation = ?")
                .param(other)
                .update();

        await().atMost(PATIENCE).until(() -> attempt(document) == attempt + 1);

        pipeline.requeue(document); // what the publisher does
        await().atMost(PATIENCE).until(() -> state(other) == GenerationState.READY);
    }

    @Test
    void suspectVectorsAreComputedAnewOnRequest() throws Exception {
        pipeline.jdbc()
                .sql("update document_chunks set embedding_vector = array_fill(0.05, array[384])::vector"
                        + " where generation = ? and document_id = ?")
                .params(live, DOCUMENT_IDS.get(5))
                .update();

        int fresh = build(new GenerationController.Wish(null, null, null, null, true, null));

        assertThat(pipeline.count("select sum(reused_chunks) from indexed_documents where generation = ?", fresh))
                .isZero();
        assertThat(digest(fresh)).isNotEqualTo(digest(live));
        operations.promote(fresh);
    }

    private static List<UUID> documents() {
        return pipeline.jdbc()
                .sql("select document_id from documents where not deleted")
                .query(UUID.class)
                .list();
    }

    private static int attempt(UUID document) {
        return pipeline.count("select attempt from documents where document_id = ?", document);
    }

    private static int version(UUID document, int generation) {
        return pipeline.count(
                "select coalesce(max(version), 0) from indexed_documents where document_id = ? and generation = ?",
                document,
                generation);
    }

    private static boolean isToldMissing(int generation) {
        return String.valueOf(operations.get(generation).detail()).contains("missing");
    }

    @Test
    void replayFilesWhatCannotBeReadNoSecondTime() throws Exception {
        String poison = UUID.randomUUID().toString();
        pipeline.send(new ProducerRecord<>(Topics.DOCUMENTS, poison, new byte[] {'{'}));
        await().atMost(PATIENCE).until(() -> letters(poison) == 1);

        int replayed = build(wish(null, null, null));

        await().atMost(PATIENCE)
                .until(() -> !pipeline.bean(GenerationGroups.class).isBehind(replayed));
        assertThat(letters(poison)).isEqualTo(1);
    }

    private static long letters(String key) {
        return pipeline.keys(Topics.DOCUMENTS + Topics.DEAD_LETTER_SUFFIX).stream()
                .filter(key::equals)
                .count();
    }

    @Test
    void whatCannotBeIsRefusedBeforeAnythingStarts() {
        assertProblem(
                () -> operations.create(wish("none", null, null)), HttpStatus.UNPROCESSABLE_CONTENT, "no such model");
        assertProblem(
                () -> operations.create(wish(null, 255, null)), HttpStatus.UNPROCESSABLE_CONTENT, "from 32 to 254");
        assertProblem(() -> operations.create(wish(null, 100, 51)), HttpStatus.UNPROCESSABLE_CONTENT, "from 0 to half");
        assertProblem(
                () -> operations.create(new GenerationController.Wish(null, null, null, "klingon", null, null)),
                HttpStatus.UNPROCESSABLE_CONTENT,
                "english, german, french, spanish, plain");
        GenerationOperations onAFullDisk = new GenerationOperations(
                pipeline.bean(GenerationStore.class),
                pipeline.bean(GenerationGroups.class),
                pipeline.bean(LoadedModels.class),
                new DiskSpace(Path.of("."), DataSize.ofTerabytes(1_000)));
        assertProblem(
                () -> onAFullDisk.create(wish(null, null, null)),
                HttpStatus.INSUFFICIENT_STORAGE,
                "MB that are free",
                "1048576000 MB are to stay free");
        assertProblem(
                () -> operations.get(99), HttpStatus.NOT_FOUND, "There is no generation 99; there are [" + live + "]");
        assertConflict(() -> operations.drop(live), "is live", "it cannot drop");
        assertConflict(() -> operations.rollback(live), "cannot rollback", "nothing, but wait");
        assertThat(operations.all()).hasSize(1);
    }

    private static GenerationController.Wish wish(
            @Nullable String model, @Nullable Integer chunkTokens, @Nullable Integer overlapTokens) {
        return new GenerationController.Wish(model, chunkTokens, overlapTokens, null, null, null);
    }

    private int build(GenerationController.Wish wish) {
        int generation = operations.create(wish).generation();
        await().atMost(PATIENCE)
                .until(
                        () -> state(generation),
                        state -> state == GenerationState.READY || state == GenerationState.FAILED);
        assertThat(operations.get(generation).detail()).isNull();
        return generation;
    }

    private GenerationState state(int generation) {
        return operations.get(generation).state();
    }

    private boolean isIndexed(UUID document, int generation) {
        return pipeline.count(
                        "select count(*) from indexed_documents where document_id = ? and generation = ?",
                        document,
                        generation)
                == 1;
    }

    /** Everything that a generation knows, but for ids, times, and how its vectors came about. */
    private String digest(int generation) {
        Map<String, Object> digest =
                pipeline.jdbc().sql("""
                select (select md5(string_agg(concat_ws('|', chunk_id, user_id, text, metadata, source_type, source_id,
                                   source_url, embedding_vector, chunk_index, document_id, version, attempt, section_title,
                                   page_number, token_count, text_hash, terms, term_weights),
                               E'\\n' order by document_id, chunk_index))
                        from document_chunks where generation = :generation) as chunks,
                       (select md5(string_agg(concat_ws('|', document_id, user_id, version, attempt, state, reason, detail,
                                   title, warnings, chunks, source_url, metadata),
                               E'\\n' order by document_id))
                        from indexed_documents where generation = :generation) as documents
                """).param("generation", generation).query().singleRow();
        return digest.toString();
    }

    private static void assertConflict(Runnable wish, String... sayings) {
        assertProblem(wish, HttpStatus.CONFLICT, sayings);
    }

    private static void assertProblem(Runnable wish, HttpStatus status, String... sayings) {
        assertThatThrownBy(wish::run).isInstanceOfSatisfying(Problem.class, problem -> {
            assertThat(problem.getStatusCode()).isEqualTo(status);
            assertThat(problem.getBody().getDetail()).contains(sayings);
        });
    }

    private static String text(int document) {
        StringBuilder text = new StringBuilder("# Document " + document + "\n");
        for (int paragraph = 0; paragraph < 12; paragraph++) {
            text.append("\n\nParagraph ")
                    .append(paragraph)
                    .append(" of document ")
                    .append(document)
                    .append(" tells when the ferry leaves, who is on board and what the weather at the pier is like. ")
                    .append("Nobody has seen it arrive ")
                    .append(document * 100 + paragraph)
                    .append(" times.");
        }
        return text.toString();
    }
}
