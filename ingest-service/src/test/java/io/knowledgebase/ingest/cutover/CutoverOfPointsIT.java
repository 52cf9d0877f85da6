package io.knowledgebase.ingest.cutover;

import static io.knowledgebase.ingest.cutover.Move.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.ingest.IngestService;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore;
import io.knowledgebase.ingest.cutover.legacy.LegacySchema;
import io.knowledgebase.ingest.cutover.qdrant.LegacyCollection;
import io.knowledgebase.local.standin.QdrantStandIn;
import io.knowledgebase.local.standin.QdrantStandIn.Trouble;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A move whose file is accompanied by a collection of Qdrant. */
class CutoverOfPointsIT {

    private static final String KEY = "the-key-of-qdrant";
    private static final String PAGE = "1f0e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
    private static int databases;

    private final QdrantStandIn qdrant = QdrantStandIn.start(0);
    private final LegacyCollection collection = new LegacyCollection(qdrant, 7);

    @TempDir
    Path folder;

    private LegacyApplication legacy;
    private IngestService service;
    private Move move;

    @BeforeEach
    void start() throws Exception {
        qdrant.requireKey(KEY);
        legacy = new LegacyApplication(folder.resolve("chat_history.db"));
        legacy.create();
        legacy.user(1);
        service = IngestService.start("cutover_points_" + databases++, "kb.notion.keys=" + "5a".repeat(32));
        move = new Move(service);
    }

    @AfterEach
    void stop() throws Exception {
        service.close();
        legacy.close();
        qdrant.close();
    }

    @Test
    void everyTextIsFoundAgainAndWhatChangesMeanwhileIsInTheResult() {
        collection.upload("report.txt", "The first report. ".repeat(200));
        List<String> old = collection.upload("old.txt", "What nobody needs any more.");
        collection.sync("user-2", PAGE, "2024-05-02T12:00:00.000Z", "A page", "What is on the page.");
        String empty = collection.odd(null);
        begin(Map.of("apiKey", KEY, "unownedTo", "user-1"));
        awaitImport(1);

        assertThat(move.status().at("/qdrant/pointsThere").longValue())
                .isEqualTo(qdrant.ids().size());
        assertThat(move.status().at("/qdrant/indexing/waiting").intValue()).isEqualTo(3);
        assertThat(move.status().get("blockers").toString()).contains("3 of Qdrant's documents are not indexed yet");
        JsonNode unsearchable = move.verify();
        assertThat(unsearchable.get("equal").booleanValue()).isFalse();
        assertThat(unsearchable.at("/texts/notIndexed").intValue()).isEqualTo(3);
        indexAll();
        service.fail(document("user-1", "old.txt"), "too-large");
        assertThat(move.status().get("blockers").toString()).contains("1 of Qdrant's documents cannot be indexed");
        move.post("complete", "{}").is(409);
        indexAll();
        JsonNode verified = move.verify();
        assertThat(verified.get("equal").booleanValue()).as(verified.toString()).isTrue();
        assertThat(verified.at("/texts/found").intValue())
                .isEqualTo(qdrant.ids().size() - 1);

        old.forEach(qdrant::remove);
        List<String> late = collection.upload("late.txt", "Uploaded while the move is verified.");
        move.post("complete", "{}").is(202);
        await().atMost(PATIENCE).until(() -> count("documents where source_id = 'late.txt'") == 1);
        List<String> later = collection.upload("last.txt", "Uploaded after that was read.");
        assertThat(move.status().get("state").stringValue()).isEqualTo("verified"); // until it can be found
        indexAll();
        move.awaitState("cut-over");
        move.post("close", "{}").is(409);
        await().atMost(PATIENCE).until(() -> count("documents where source_id = 'last.txt'") == 1);
        indexAll();
        JsonNode last = await().atMost(PATIENCE)
                .until(
                        () -> move.status().at("/verification/result"),
                        found -> found.path("tables").isEmpty());
        assertThat(last.get("equal").booleanValue()).as(last.toString()).isTrue();
        assertThat(last.at("/texts/found").intValue()).isEqualTo(qdrant.ids().size() - 1);
        JsonNode points = move.get("report").get("qdrant");
        assertThat(points.get("stable").booleanValue()).isTrue();
        assertThat(points.get("addsUp").booleanValue()).isTrue();
        assertThat(points.get("points").intValue()).isEqualTo(qdrant.ids().size());
        assertThat(points.at("/notKept/no-payload/examples/0").stringValue()).isEqualTo(empty);
        assertThat(count("documents where not deleted")).isEqualTo(4);
        assertThat(count("documents where deleted and source_id = 'old.txt'")).isEqualTo(1);
        assertThat(count("cutover_qdrant_points where document_id is not null and point_id in ('" + late.get(0) + "', '"
                        + later.get(0) + "')"))
                .isEqualTo(2);
        assertThat(move.get("points").toString()).contains(empty).contains("no-payload");
        assertThat(move.get("points?reason=no-payload&limit=1").size()).isEqualTo(1);
        assertThat(move.get("points?after=" + empty).size()).isZero();
    }

    @Test
    void moveWaitsForQdrantAndTheWayBackDoesNot() {
        collection.upload("report.txt", "The only report.");
        begin(Map.of("apiKey", KEY, "unownedTo", "user-1"));
        awaitImport(1);
        indexAll();
        assertThat(move.verify().get("equal").booleanValue()).isTrue();
        qdrant.trouble(Trouble.REFUSED);
        move.post("complete", "{}").is(202);
        move.awaitProblem("Qdrant does not answer at");
        legacyGoesOn(2);
        qdrant.trouble(Trouble.NONE);
        move.awaitState("cut-over");

        qdrant.trouble(Trouble.REFUSED);
        move.rollBack();
        legacyGoesOn(9);
    }

    @Test
    void whatIsNotDoneYetCanBeWithdrawn() {
        collection.upload("report.txt", "The only report.");
        begin(Map.of("apiKey", KEY, "unownedTo", "user-1"));
        move.post("withdraw", "{}").is(202); // of nothing
        awaitImport(1);
        indexAll();
        assertThat(move.verify().get("equal").booleanValue()).isTrue();
        qdrant.trouble(Trouble.REFUSED);
        move.post("complete", "{}").is(202);
        move.awaitProblem("Qdrant does not answer at");
        move.post("withdraw", "{}").is(202);
        move.awaitNoWish();
        assertThat(move.status().get("state").stringValue()).isEqualTo("verified");
        await().atMost(PATIENCE).until(() -> move.status().get("problem").isNull());
        assertThat(move.status().at("/history").toString()).contains("the wish is withdrawn: complete");
        qdrant.trouble(Trouble.NONE);
        legacyGoesOn(2);
        move.complete();
        move.rollBack();
        move.post("withdraw", "{}").is(202); // of what is done
        assertThat(move.status().get("state").stringValue()).isEqualTo("rolled-back");
    }

    @Test
    void applicationThatIsStoppedAlreadyDoesNotWaitForQdrant() {
        collection.upload("report.txt", "The only report.");
        begin(Map.of("apiKey", KEY, "unownedTo", "user-1"));
        awaitImport(1);
        indexAll();
        assertThat(move.verify().get("equal").booleanValue()).isTrue();
        try (LegacyFileStore file = LegacyFileStore.open(legacy.file(), LegacySchema.PLAIN)) {
            file.fence(); // by a process that was killed then
        }
        qdrant.trouble(Trouble.REFUSED);
        move.post("complete", "{}").is(202);
        move.awaitState("cut-over");
    }

    @Test
    void lastPointsAreImportedAlsoWithoutAWayBack() {
        completeUntilTheLastIsUploaded();
        qdrant.trouble(Trouble.AWAY);
        indexAll();
        move.awaitState("cut-over");
        await().ignoreExceptions()
                .atMost(PATIENCE)
                .until(() -> service.jdbc()
                        .sql("select pg_terminate_backend(active_pid), pg_drop_replication_slot(slot_name)"
                                + " from pg_replication_slots where database = current_database()")
                        .query()
                        .listOfRows()
                        .isEmpty());
        move.awaitProblem("log is lost");
        qdrant.trouble(Trouble.NONE);
        await().atMost(PATIENCE).until(() -> count("documents where source_id = 'last.txt'") == 1);
    }

    @Test
    void moveIsNotClosedWhileATextOfQdrantsCannotBeFound() {
        completeUntilTheLastIsUploaded();
        indexAll();
        move.awaitState("cut-over");
        await().atMost(PATIENCE).until(() -> count("documents where source_id = 'last.txt'") == 1);
        service.fail(document("user-1", "last.txt"), "too-large");
        await().atMost(PATIENCE)
                .until(() -> move.status().get("blockers").toString(), blockers -> blockers.contains("are missing"));
        assertThat(move.post("close", "{}").is(409).text()).contains("texts of Qdrant's are missing");

        indexAll();
        service.jdbc()
                .sql("update cutover set changed_at = changed_at - interval '1 hour'")
                .update();
        service.jdbc()
                .sql("update cutover_verifications set finished_at = finished_at - interval '11 minutes'")
                .update();
        await().atMost(PATIENCE).until(() -> move.status().get("blockers").isEmpty());
        move.post("close", "{}").is(202);
    }

    @Test
    void collectionThatIsEmptiedDeletesNothing() {
        List<String> ids = collection.upload("report.txt", "The only report.");
        begin(Map.of("apiKey", KEY, "unownedTo", "user-1"));
        awaitImport(1);
        indexAll();
        move.complete();
        ids.forEach(qdrant::remove);
        move.rollBack();
        begin(Map.of("apiKey", KEY, "unownedTo", "user-1"));
        move.awaitProblem("The collection is empty");
        assertThat(count("documents where not deleted")).isEqualTo(1);
    }

    @Test
    void badSourcesAreRefusedWithTheirField() {
        move.post("start", source(null)).is(422); // no key
        assertThat(move.status().get("state").stringValue()).isEqualTo("idle");
        move.post(
                        "start",
                        "{'sqlite': '%s', 'qdrant': {}}"
                                .formatted(legacy.file())
                                .replace('\'', '"'))
                .isBad("qdrant.url");
        move.post("start", source(Map.of("url", "ftp://qdrant", "apiKey", KEY))).isBad("qdrant.url");
        move.post("start", source(Map.of("collection", " "))).isBad("qdrant.collection");
        move.post("start", source(Map.of("apiKey", KEY, "unownedTo", "nobody"))).isBad("qdrant.unownedTo");
        assertThat(move.post("start", source(Map.of("apiKey", "wrong")))
                        .is(422)
                        .json()
                        .get("field")
                        .stringValue())
                .isEqualTo("qdrant.apiKey");
        assertThat(move.ask("points?limit=0").is(400).json().get("field").stringValue())
                .isEqualTo("limit");
        move.ask("points?reason=none").is(400);
        service.get("ann", "/v1/cutover/points").is(403);
        assertThat(count("cutover_qdrant_source")).isZero();

        JsonNode found =
                move.post("inspect", source(Map.of("apiKey", KEY))).is(200).json();
        assertThat(found.at("/qdrant/read").isNumber()).isTrue();
        assertThat(found.at("/tables/0/table").stringValue()).isEqualTo("users");
        qdrant.trouble(Trouble.REFUSED);
        assertThat(move.post("inspect", source(Map.of("apiKey", KEY)))
                        .is(422)
                        .json()
                        .get("field")
                        .stringValue())
                .isEqualTo("qdrant.url");
        qdrant.trouble(Trouble.NONE);
        begin(Map.of("apiKey", KEY));
        collection.upload("report.txt", "Nobody's report.");
        awaitImport(1);
        move.post("start", source(Map.of("apiKey", KEY, "collection", "other"))).is(422);
        begin(Map.of("apiKey", KEY, "unownedTo", "user-1")); // the same move, told better
        assertThat(count("cutover_qdrant_source where unowned_to = 'user-1'")).isEqualTo(1);
        assertThat(move.status().get("history")).hasSize(2);
    }

    @Test
    void whatUsersAskAndWhatQdrantHasForThemIsThereToCompare() throws Exception {
        collection.upload("report.txt", "The only report of user one.");
        collection.sync("user-2", PAGE, "2024-05-02T12:00:00.000Z", "A page", "What is on the page.");
        legacy.execute(
                "insert into chat_sessions (id, session_id, user_id) values (1, 's1', 'user-1'), (2, 's2', 'user-9')");
        legacy.execute("insert into chat_messages (id, session_id, role, content) values (1, 's1', 'user', 'Where?'),"
                + " (2, 's1', 'assistant', 'There.'), (3, 's2', 'user', 'Who?'), (4, 's1', 'user', ' '),"
                + " (5, 's1', 'user', 'When?')");
        begin(Map.of("apiKey", KEY, "unownedTo", "user-1"));
        awaitImport(1);

        assertThat(move.get("questions"))
                .hasToString(
                        "[{\"userId\":\"user-1\",\"text\":\"When?\"},{\"userId\":\"user-1\",\"text\":\"Where?\"}]");
        assertThat(move.get("questions?limit=1").size()).isEqualTo(1);
        JsonNode texts = move.get("points/texts?user=user-1");
        assertThat(texts.size()).isEqualTo(1);
        assertThat(texts.at("/0/text").stringValue()).isEqualTo("The only report of user one.");
        assertThat(texts.at("/0/source").stringValue()).isEqualTo("report.txt");
        assertThat(texts.at("/0/documentId").stringValue())
                .isEqualTo(document("user-1", "report.txt").toString());
        assertThat(move.get("points/texts?user=user-1&after="
                        + texts.at("/0/pointId").stringValue()))
                .isEmpty();
        assertThat(move.get("points/texts?user=user-9")).isEmpty();
        move.ask("points/texts").is(400);
        move.ask("questions?limit=0").is(400);
        service.get("user-1", "/v1/cutover/points/texts?user=user-1").is(403);
        service.get("user-1", "/v1/cutover/questions").is(403);
    }

    /** Up to where a document waits to be indexed, and another one was uploaded after Qdrant was read. */
    private void completeUntilTheLastIsUploaded() {
        collection.upload("report.txt", "The only report.");
        begin(Map.of("apiKey", KEY, "unownedTo", "user-1"));
        awaitImport(1);
        indexAll();
        assertThat(move.verify().get("equal").booleanValue()).isTrue();
        collection.upload("late.txt", "Uploaded while the move is verified.");
        move.post("complete", "{}").is(202);
        await().atMost(PATIENCE).until(() -> count("documents where source_id = 'late.txt'") == 1);
        collection.upload("last.txt", "Uploaded after that was read.");
    }

    private void legacyGoesOn(int user) {
        try {
            legacy.user(user);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private String source(Map<String, String> qdrantFields) {
        ObjectNode body = JsonMapper.shared()
                .createObjectNode()
                .put("sqlite", legacy.file().toString());
        ObjectNode fields =
                body.putObject("qdrant").put("url", qdrant.uri().toString()).put("collection", qdrant.collection());
        if (qdrantFields != null) {
            qdrantFields.forEach(fields::put);
        }
        return body.toString();
    }

    private void begin(Map<String, String> qdrantFields) {
        move.post("start", source(qdrantFields)).is(202);
    }

    private void awaitImport(int round) {
        await().atMost(PATIENCE).until(() -> {
            JsonNode points = move.status().get("qdrant");
            return points.path("round").asInt(0) >= round
                    && points.path("phase").asString("").equals("done");
        });
    }

    /** What the embed service would do. */
    private void indexAll() {
        service.jdbc()
                .sql("select document_id from documents where not deleted")
                .query(UUID.class)
                .list()
                .forEach(service::index);
    }

    private UUID document(String user, String name) {
        return service.jdbc()
                .sql("select document_id from documents where user_id = :user and source_id = :name")
                .param("user", user)
                .param("name", name)
                .query(UUID.class)
                .single();
    }

    private long count(String what) {
        return service.count(what);
    }
}
