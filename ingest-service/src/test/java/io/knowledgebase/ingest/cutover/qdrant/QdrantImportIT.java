package io.knowledgebase.ingest.cutover.qdrant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.ingest.IngestService;
import io.knowledgebase.ingest.cutover.qdrant.ImportResult.Changes;
import io.knowledgebase.ingest.cutover.qdrant.ImportResult.Left;
import io.knowledgebase.ingest.cutover.qdrant.regroup.Reason;
import io.knowledgebase.local.servers.KafkaBroker;
import io.knowledgebase.local.standin.NotionStandIn;
import io.knowledgebase.local.standin.QdrantStandIn;
import io.knowledgebase.local.standin.QdrantStandIn.Trouble;
import io.knowledgebase.local.standin.Workspace;
import io.knowledgebase.schemas.DocumentId;
import io.knowledgebase.schemas.problem.Problem;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class QdrantImportIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String KEY = "the-key-of-qdrant";
    private static final String PAGE = "1f0e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
    private static final Workspace WORKSPACE = new Workspace(Clock.systemUTC());
    private static NotionStandIn notion;
    private static IngestService service;
    private static int users;

    private final QdrantStandIn qdrant = QdrantStandIn.start(0);
    private final String user = "user-" + users++;
    private LegacyCollection legacy;
    private QdrantImport imports;

    @BeforeAll
    static void startService() {
        notion = NotionStandIn.start(WORKSPACE, 10_000, 0);
        service = IngestService.start(
                "qdrant_import", "kb.notion.keys=" + "5a".repeat(32), "kb.notion.url=" + notion.uri());
    }

    @AfterAll
    static void stopService() {
        service.close();
        notion.close();
    }

    @BeforeEach
    void start() {
        qdrant.requireKey(KEY);
        legacy = new LegacyCollection(qdrant, users);
        imports = service.bean(QdrantImport.class);
        service.get(user, "/v1/documents").is(200); // makes the user known
    }

    @AfterEach
    void stop() {
        imports.forget();
        qdrant.close();
    }

    @Test
    void everyPointIsInItsDocumentOrHasItsReason() throws Exception {
        String report = text(6_000);
        String shortNote = "Short.";
        String oldPage = text(3_000);
        String page = text(2_500);
        List<String> kept = new ArrayList<>(legacy.upload("report.txt", report));
        legacy.upload("report.txt", report);
        kept.addAll(legacy.upload("note.md", shortNote, user));
        legacy.sync(user, PAGE.replace("-", ""), "2024-05-01T12:00:00.000Z", "Old title", oldPage);
        kept.addAll(legacy.sync(user, PAGE, "2024-05-02T12:00:00.000Z", "A page", page));
        String nothing = legacy.odd(null);
        String noText = legacy.odd("{'source_type': 'upload', 'chunk_id': 0, 'metadata': {'source': 'a'}}");
        legacy.odd("{'text': 'Null' , 'source_type': 'web', 'chunk_id': 0}");
        ImportResult result = imports.run(source(user));

        assertThat(result.addsUp()).isTrue();
        assertThat(result.points()).isEqualTo(qdrant.ids().size());
        assertThat(result.kept()).isEqualTo(kept.size());
        assertThat(result.documents()).isEqualTo(3);
        assertThat(result.notKept().keySet())
                .containsExactly("duplicate", "no-payload", "no-text", "older-sync", "unknown-source-type");
        assertThat(result.notKept().get("no-payload").examples()).containsExactly(nothing);
        assertThat(result.unownedTo()).isEqualTo(user);
        assertThat(result.users())
                .containsExactly(new ImportResult.UserPoints(user, result.points() - 3, kept.size(), 3));
        assertThat(imports.left(Reason.NO_TEXT, "", 10))
                .extracting(Left::pointId)
                .containsExactly(noText);
        assertThat(imports.left(null, "", 1_000)).hasSize((int) (result.points() - kept.size()));
        assertThat(content("upload", "report.txt")).isEqualTo(report);
        assertThat(content("upload", "note.md")).isEqualTo(shortNote);
        assertThat(content("notion", PAGE)).isEqualTo(page);
        var document = service.get(user, "/v1/documents/" + id("notion", PAGE)).json();
        assertThat(document.get("title").stringValue()).isEqualTo("A page");
        assertThat(document.get("sourceUrl").stringValue()).isEqualTo("https://www.notion.so/" + PAGE.replace("-", ""));

        TextsVerified verified = verify();
        assertThat(verified.isComplete()).isTrue();
        assertThat(verified.found()).isEqualTo(kept.size());
        await().atMost(PATIENCE)
                .until(() -> IngestService.events(KafkaBroker.forTests(), Set.of(id("upload", "report.txt")))
                                .size()
                        == 1);
    }

    @Test
    void secondRoundChangesNothing() throws Exception {
        for (int i = 0; i < 30; i++) {
            legacy.upload("file-" + i % 20 + ".txt", text(1_500));
        }
        ImportResult first = imports.run(source(user));
        String versions = versions();
        ImportResult second = imports.run(source(user));

        assertThat(first.isStable()).isFalse();
        assertThat(first.documents()).isEqualTo(30);
        assertThat(first.separated().sources()).isEqualTo(10);
        assertThat(second.isStable()).isTrue();
        assertThat(second.round()).isEqualTo(first.round() + 1);
        assertThat(second.changes()).isEqualTo(new Changes(first.points(), 0, 0, 0, 0, 0, 0));
        assertThat(versions()).isEqualTo(versions);
    }

    @Test
    void failedDocumentIsNotProcessedAgainByTheNextRound() throws Exception {
        String text = text(500);
        legacy.upload("a.txt", text);
        imports.run(source(user));
        service.fail(id("upload", "a.txt"), "internal");
        legacy.upload("a.txt", text);
        ImportResult result = imports.run(source(user));

        assertThat(result.notKept().keySet()).containsExactly("duplicate");
        assertThat(result.changes().documentsChanged()).isZero();
        assertThat(version("upload", "a.txt")).isEqualTo(1);
    }

    @Test
    void readingThatIsInterruptedGoesOnWhereItWas() throws Exception {
        for (int i = 0; i < 40; i++) {
            legacy.upload("file-" + i + ".txt", text(20_000));
        }
        int pages = (qdrant.ids().size() + 255) / 256;
        qdrant.troubleAfter(2, Trouble.SILENT);
        CompletableFuture<Throwable> end = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                imports.run(source(user));
            } catch (InterruptedException | RuntimeException e) {
                end.complete(e);
            }
        });
        thread.start();
        await().atMost(PATIENCE).until(() -> qdrant.scrolls() == 2 && staged() == 512);
        assertThat(imports.result().orElseThrow().finished()).isFalse();
        thread.interrupt();
        assertThat(end.join()).isInstanceOf(InterruptedException.class);
        qdrant.trouble(Trouble.NONE);
        await().atMost(PATIENCE).until(() -> qdrant.scrolls() == 3); // what was asked for is answered to nobody
        ImportResult result = imports.run(source(user));

        assertThat(pages).isGreaterThan(3);
        assertThat(qdrant.scrolls()).isEqualTo(pages + 1);
        assertThat(result.addsUp()).isTrue();
        assertThat(result.documents()).isEqualTo(40);
        assertThat(result.changes().pointsRead()).isEqualTo(result.points());
        assertThat(verify().isComplete()).isTrue();
    }

    @Test
    void sortingThatBreaksGoesOnWhereItWas() throws Exception {
        for (int i = 0; i < 20; i++) {
            legacy.upload("file-" + i + ".txt", text(2_000));
        }
        service.jdbc()
                .sql("alter table documents add constraint broken check (source_id <> 'file-11.txt')")
                .update();
        try {
            assertThatThrownBy(() -> imports.run(source(user))).isInstanceOf(RuntimeException.class);
        } finally {
            service.jdbc().sql("alter table documents drop constraint broken").update();
        }
        ImportResult broken = imports.result().orElseThrow();
        assertThat(broken.finished()).isFalse();
        assertThat(broken.addsUp()).isFalse();
        assertThat(verify().isComplete()).isFalse();
        int scrolls = qdrant.scrolls();
        ImportResult result = imports.run(source(user));

        assertThat(qdrant.scrolls()).isEqualTo(scrolls);
        assertThat(result.round()).isEqualTo(broken.round());
        assertThat(result.addsUp()).isTrue();
        assertThat(result.documents()).isEqualTo(20);
        assertThat(result.changes().documentsAdded()).isEqualTo(20);
        assertThat(verify().isComplete()).isTrue();
    }

    @Test
    void whatComesAndGoesBetweenTwoRoundsIsInTheSecond() throws Exception {
        List<String> gone = legacy.upload("gone.txt", text(2_000));
        String kept = text(2_000);
        legacy.upload("two.txt", text(3_000));
        List<String> other = legacy.upload("two.txt", kept);
        List<String> copy = legacy.upload("copied.txt", kept);
        legacy.upload("copied.txt", kept);
        legacy.sync(user, PAGE, "2024-05-01T12:00:00.000Z", "A page", text(1_500));
        imports.run(source(user));
        String nameOfOther = service.jdbc()
                .sql("""
                        select source_id from cutover_qdrant_documents d
                        join cutover_qdrant_points p using (document_id) where p.point_id = :id
                        """)
                .param("id", other.get(0))
                .query(String.class)
                .single();
        gone.forEach(qdrant::remove);
        copy.forEach(qdrant::remove);
        String edited = text(1_000);
        String added = text(4_000);
        legacy.sync(user, PAGE, "2024-05-03T12:00:00.000Z", "A page", edited);
        legacy.upload("added.txt", added);
        legacy.upload("two.txt", text(9_000));
        ImportResult result = imports.run(source(user));

        assertThat(result.addsUp()).isTrue();
        assertThat(result.changes().pointsGone()).isEqualTo(gone.size() + copy.size());
        assertThat(result.changes().documentsDeleted()).isEqualTo(1);
        assertThat(result.changes().documentsAdded()).isEqualTo(2);
        assertThat(result.changes().documentsChanged()).isEqualTo(1);
        assertThat(service.get(user, "/v1/documents/" + id("upload", "gone.txt"))
                        .json()
                        .get("status")
                        .stringValue())
                .isEqualTo("deleted");
        assertThat(content("notion", PAGE)).isEqualTo(edited);
        assertThat(content("upload", "added.txt")).isEqualTo(added);
        assertThat(content("upload", nameOfOther)).isEqualTo(kept);
        assertThat(content("upload", "copied.txt")).isEqualTo(kept);
        assertThat(version("upload", "copied.txt")).isEqualTo(1);
        assertThat(version("upload", nameOfOther)).isEqualTo(1);
        assertThat(verify().isComplete()).isTrue();
        assertThat(imports.run(source(user)).isStable()).isTrue();

        String back = text(1_000);
        legacy.upload("gone.txt", back);
        imports.run(source(user));
        assertThat(content("upload", "gone.txt")).isEqualTo(back);
    }

    @Test
    void pointThatMovesToAnotherSourceLeavesTheOneItWasOf() throws Exception {
        List<String> points = legacy.upload("a.txt", text(2_600));
        imports.run(source(user));
        qdrant.put(
                points.get(2),
                JsonMapper.shared()
                        .readTree("{\"text\": \"Moved.\", \"chunk_id\": 0, \"source_type\": \"upload\","
                                + " \"metadata\": {\"source\": \"b.txt\"}}"));
        ImportResult result = imports.run(source(user));

        assertThat(result.changes().pointsChanged()).isEqualTo(1);
        assertThat(content("upload", "b.txt")).isEqualTo("Moved.");
        assertThat(result.addsUp()).isTrue();
        assertThat(verify().isComplete()).isTrue();
        assertThat(version("upload", "a.txt")).isEqualTo(2);
    }

    @Test
    void sourceIsCheckedAndAnotherCollectionIsNotMixedIn() throws Exception {
        assertField(new QdrantSource(qdrant.uri(), qdrant.collection(), "wrong", null, null), "qdrant.apiKey");
        assertField(new QdrantSource(qdrant.uri(), qdrant.collection(), null, null, null), "qdrant.apiKey");
        assertField(new QdrantSource(qdrant.uri(), "other", KEY, null, null), "qdrant.collection");
        assertField(new QdrantSource(qdrant.uri(), qdrant.collection(), KEY, "image", null), "qdrant.vector");
        assertField(source("nobody-knows"), "qdrant.unownedTo");
        assertThat(imports.result()).isEmpty();

        legacy.upload("a.txt", text(500));
        imports.run(source(user));
        try (QdrantStandIn second = QdrantStandIn.start("second", Map.of("", 3), 0)) {
            Problem problem = catchThrowableOfType(
                    Problem.class, () -> imports.run(new QdrantSource(second.uri(), "second", null, null, user)));
            assertThat(problem.getStatusCode().value()).isEqualTo(409);
        }
        assertThat(version("upload", "a.txt")).isEqualTo(1);
    }

    @Test
    void unownedPointsAreLeftOutUntilSomebodyGetsThem() throws Exception {
        String own = text(1_200);
        String unowned = text(1_300);
        legacy.upload("own.txt", own, user);
        List<String> points = legacy.upload("unowned.txt", unowned);
        ImportResult refused = imports.run(source(null));

        assertThat(refused.addsUp()).isTrue();
        assertThat(refused.documents()).isEqualTo(1);
        assertThat(refused.unowned()).isEqualTo(points.size());
        assertThat(imports.left(Reason.UNOWNED, "", 100))
                .extracting(Left::pointId)
                .containsExactlyInAnyOrderElementsOf(points);

        ImportResult given = imports.run(source(user));
        assertThat(given.documents()).isEqualTo(2);
        assertThat(content("upload", "unowned.txt")).isEqualTo(unowned);
        ImportResult taken = imports.run(source(null));
        assertThat(taken.documents()).isEqualTo(1);
        assertThat(taken.changes().documentsDeleted()).isEqualTo(1);
        assertThat(content("upload", "own.txt")).isEqualTo(own);
    }

    @Test
    void whatIsHereAndNotOfTheImportStays() throws Exception {
        service.upload(user, "here.txt", "Uploaded here.").is(202);
        UUID deleted =
                service.upload(user, "deleted.txt", "Uploaded here.").is(202).documentId();
        service.delete(user, "/v1/documents/" + deleted).is(204);
        List<String> here = legacy.upload("here.txt", text(1_500));
        legacy.upload("deleted.txt", text(500));
        List<String> changed = legacy.upload("changed.txt", text(500));
        legacy.upload("removed.txt", text(500));
        ImportResult result = imports.run(source(user));
        assertThat(result.addsUp()).isTrue();
        assertThat(result.notKept().keySet()).containsExactly("deleted-here", "kept-here");
        assertThat(result.notKept().get("kept-here").points()).isEqualTo(here.size());
        assertThat(content("upload", "here.txt")).isEqualTo("Uploaded here.");

        service.upload(user, "changed.txt", "Changed here.").is(202);
        service.delete(user, "/v1/documents/" + id("upload", "removed.txt")).is(204);
        TextsVerified verified = verify();
        assertThat(verified.changedHere()).isEqualTo(2);
        assertThat(verified.isComplete()).isTrue();
        assertThat(imports.run(source(user)).isStable()).isTrue();

        changed.forEach(qdrant::remove);
        String other = text(600);
        legacy.upload("removed.txt", other);
        ImportResult second = imports.run(source(user));
        assertThat(second.changes().documentsDeleted()).isZero();
        assertThat(second.changes().documentsAdded()).isEqualTo(1);
        assertThat(content("upload", "changed.txt")).isEqualTo("Changed here.");
        assertThat(content("upload", "removed.txt (2)")).isEqualTo(other);
        assertThat(second.notKept().get("deleted-here").points()).isEqualTo(2);
        assertThat(second.addsUp()).isTrue();
    }

    @Test
    void uploadsOfOneNameGetNamesThatNobodyHas() throws Exception {
        String longest = text(5_000);
        String other = text(3_000);
        String third = text(1_000);
        legacy.upload("a.txt", longest);
        legacy.upload("a.txt", other);
        legacy.upload("a.txt (2)", third);
        ImportResult result = imports.run(source(user));

        assertThat(result.documents()).isEqualTo(3);
        assertThat(content("upload", "a.txt")).isEqualTo(longest);
        assertThat(content("upload", "a.txt (3)")).isEqualTo(other);
        assertThat(content("upload", "a.txt (2)")).isEqualTo(third);
        assertThat(result.separated().examples()).containsExactly(user + ": a.txt");
    }

    @Test
    void pageIsOneDocumentWhetherItWasImportedOrRead() throws Exception {
        UUID page = WORKSPACE.addPage(null, "A page of Notion");
        WORKSPACE.write(page, "What Notion has of it");
        String dashless = page.toString().replace("-", "");
        String old = text(1_500);
        List<String> points = legacy.sync(user, dashless, "2001-01-01T00:00:00.000Z", "A page", old);
        imports.run(source(user));
        assertThat(content("notion", page.toString())).isEqualTo(old);

        service.post(
                        user,
                        "/v1/notion/connections",
                        "{\"token\": \"" + notion.token() + "\", \"requestsPerMinute\": 6000}")
                .is(201);
        await().atMost(PATIENCE).until(() -> content("notion", page.toString()).contains("What Notion has of it"));
        assertThat(version("notion", page.toString())).isEqualTo(2);
        assertThat(count("documents where user_id = '" + user + "' and source_id = '" + page + "'"))
                .isEqualTo(1);

        legacy.sync(user, page.toString(), "2001-02-01T00:00:00.000Z", "A page", text(700));
        ImportResult result = imports.run(source(user));
        assertThat(result.addsUp()).isTrue();
        assertThat(result.notKept().keySet()).containsExactly("newer-here", "older-sync");
        points.forEach(qdrant::remove);
        qdrant.clear();
        assertThat(imports.run(source(user)).changes().documentsDeleted()).isZero();
        assertThat(content("notion", page.toString())).contains("What Notion has of it");

        String newest = text(900);
        legacy.sync(user, page.toString(), "2999-02-01T00:00:00.000Z", "A page", newest);
        imports.run(source(user));
        assertThat(content("notion", page.toString())).isEqualTo(newest);
        qdrant.clear();
        legacy.upload("other.txt", "So that the collection is not empty.");
        assertThat(imports.run(source(user)).changes().documentsDeleted()).isZero(); // Notion has it, too
        assertThat(content("notion", page.toString())).isEqualTo(newest);
    }

    @Test
    void inspectionTellsWhatThereIsAndKeepsNothing() throws Exception {
        List<String> points = legacy.upload("a.txt", text(2_000));
        legacy.upload("b.txt", "With \0 inside.", user);
        legacy.sync(user, PAGE, "2024-05-01T12:00:00.000Z", "A page", text(1_500));
        String odd = legacy.odd("{'source_type': 'web'}");
        CollectionInspection inspection = imports.inspect(source(null));

        assertThat(inspection.points()).isEqualTo(qdrant.ids().size());
        assertThat(inspection.read()).isEqualTo(qdrant.ids().size());
        assertThat(inspection.vectors()).containsEntry("", 384);
        assertThat(inspection.bySourceType().keySet()).containsExactly("notion", "upload", "web");
        assertThat(inspection.unowned()).isEqualTo(points.size());
        assertThat(inspection.sources()).isEqualTo(3);
        assertThat(inspection.owners()).isEqualTo(1);
        assertThat(inspection.cleaned()).isEqualTo(1);
        assertThat(inspection.oddities().get("unknown-source-type").examples()).containsExactly(odd);
        assertThat(staged()).isZero();
        assertThat(imports.result()).isEmpty();
    }

    @Test
    void nulInTextIsReplacedAndCounted() throws Exception {
        legacy.upload("nul.txt", "Before\0after", user);
        ImportResult result = imports.run(source(user));

        assertThat(content("upload", "nul.txt")).isEqualTo("Before\uFFFDafter");
        assertThat(result.cleaned()).isEqualTo(1);
        assertThat(verify().isComplete()).isTrue();
    }

    @Test
    void textThatIsNotInItsDocumentIsFound() throws Exception {
        List<String> points = legacy.upload("a.txt", text(3_000));
        imports.run(source(user));
        service.jdbc()
                .sql("update cutover_qdrant_points set content = content || '!' where point_id = :id")
                .param("id", points.get(1))
                .update();
        TextsVerified verified = verify();

        assertThat(verified.isComplete()).isFalse();
        assertThat(verified.examples()).containsExactly(points.get(1));
        assertThat(verified.found()).isEqualTo(points.size() - 1);
    }

    @Test
    void ownersWhomNobodyKnowsBecomeUsers() throws Exception {
        legacy.upload("a.txt", text(500), user + "-orphan");
        ImportResult result = imports.run(source(null));

        assertThat(result.documents()).isEqualTo(1);
        assertThat(count("users where user_id = '" + user + "-orphan'")).isEqualTo(1);
    }

    @Test
    void sourceIsKeptWithItsKeySealed() {
        QdrantSource source = new QdrantSource(qdrant.uri(), "c", KEY, "v", user);
        imports.keep(source);

        assertThat(imports.kept()).contains(source);
        assertThat(service.jdbc()
                        .sql("select s::text from cutover_qdrant_source s")
                        .query(String.class)
                        .single())
                .doesNotContain(KEY);
        assertThat(count("cutover_qdrant_source where encode(sealed_key, 'escape') like '%" + KEY + "%'"))
                .isZero();
    }

    @Test
    void resultIsJson() throws Exception {
        legacy.upload(
                "a.txt", IntStream.range(0, 400).mapToObj(i -> "word" + i + " ").reduce("", String::concat));
        legacy.odd("{}");
        imports.run(source(user));
        var json = JsonMapper.shared()
                .readTree(
                        JsonMapper.shared().writeValueAsString(imports.result().orElseThrow()));

        assertThat(json.at("/notKept/unknown-source-type/points").intValue()).isEqualTo(1);
        assertThat(json.at("/changes/documentsAdded").intValue()).isEqualTo(1);
        assertThat(json.get("stable").booleanValue()).isFalse();
    }

    /** Once everything can be found. */
    private TextsVerified verify() throws InterruptedException {
        service.jdbc()
                .sql("select document_id from documents where not deleted")
                .query(UUID.class)
                .list()
                .forEach(service::index);
        return imports.verify();
    }

    private QdrantSource source(String unownedTo) {
        return new QdrantSource(qdrant.uri(), qdrant.collection(), KEY, null, unownedTo);
    }

    private void assertField(QdrantSource source, String field) {
        Problem problem = catchThrowableOfType(Problem.class, () -> imports.run(source));
        assertThat(problem).isNotNull();
        assertThat(problem.getBody().getProperties()).containsEntry("field", field);
    }

    private String text(int characters) {
        return LegacyCutter.prose(legacy.random(), characters);
    }

    private UUID id(String sourceType, String name) {
        return DocumentId.of(user, sourceType, name);
    }

    private String content(String sourceType, String name) {
        return service.get(user, "/v1/documents/" + id(sourceType, name) + "/content")
                .is(200)
                .text();
    }

    private int version(String sourceType, String name) {
        return service.jdbc()
                .sql("select version from documents where document_id = :id")
                .param("id", id(sourceType, name))
                .query(Integer.class)
                .single();
    }

    private String versions() {
        return service.jdbc().sql("""
                        select string_agg(source_id || version || attempt, ',' order by source_id)
                        from documents where user_id = :user
                        """).param("user", user).query(String.class).single();
    }

    private long staged() {
        return count("cutover_qdrant_points");
    }

    private static long count(String rows) {
        return service.count(rows);
    }
}
