package io.knowledgebase.ingest.cutover;

import static io.knowledgebase.ingest.cutover.Move.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.ingest.IngestService;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A move of a file that is only seen when it is exported. */
class CutoverOfExportsIT {

    private static int databases;

    @TempDir
    Path folder;

    private Path exports;
    private LegacyApplication legacy;
    private IngestService service;
    private Move move;
    private int exported;

    @BeforeEach
    void start() throws Exception {
        exports = Files.createDirectory(folder.resolve("exports"));
        legacy = new LegacyApplication(folder.resolve("chat_history.db"));
        legacy.create();
        service = IngestService.start("cutover_exports_" + databases++, "kb.notion.keys=" + "5a".repeat(32));
        move = new Move(service);
    }

    @AfterEach
    void stop() throws Exception {
        service.close();
        legacy.close();
    }

    @Test
    void exportsArriveOneAfterTheOtherAndTheLastOneCompletesTheMove() throws Exception {
        legacy.user(1);
        legacy.user(2);
        Path first = export();
        assertThat(move.post("inspect", source(exports))
                        .is(200)
                        .json()
                        .at("/sqlite")
                        .stringValue())
                .isEqualTo(first.toString());
        move.post("start", source(exports)).is(202);
        move.awaitState("streaming");
        assertThat(rows("users where id < 1000000000")).isEqualTo(2);
        assertThat(move.status().get("sqlite").isNull()).isTrue();

        legacy.execute("update users set email = 'new@example.org' where id = 1");
        legacy.execute("delete from users where id = 2");
        legacy.user(3);
        Files.writeString(exports.resolve("half.db"), "SQLite format 3\0and no more");
        Path second = export();
        await().atMost(PATIENCE).until(() -> rows("users where email = 'new@example.org'") == 1);
        await().atMost(PATIENCE).until(() -> rows("users where id in (1, 2, 3)") == 2);
        assertThat(move.status().at("/exports/last").stringValue())
                .isEqualTo(second.getFileName().toString());
        await().atMost(PATIENCE)
                .until(() -> move.status().at("/exports/ignored/0/file").asString(""), "half.db"::equals);
        assertThat(move.verify().get("equal").booleanValue()).isTrue();

        Path before = export();
        move.post("complete", "{}").is(202); // while that one is not taken yet
        legacy.user(4); // which the last export will tell
        await().atMost(PATIENCE)
                .until(
                        () -> move.status().at("/exports/last").stringValue(),
                        before.getFileName().toString()::equals);
        await().atMost(PATIENCE).until(() -> move.status().get("lag").intValue() == 0);
        assertThat(move.status().get("state").stringValue()).isEqualTo("verified");
        assertThat(move.status().get("blockers").toString()).contains("the last export is awaited");
        Path last = export();
        move.awaitState("cut-over");
        assertThat(rows("users where id in (1, 3, 4)")).isEqualTo(3);
        Path after = Path.of(move.status().get("sqlite").stringValue());
        assertThat(after).startsWith(exports).isNotEqualTo(last).isRegularFile();

        legacy.user(5); // nobody asked for it any more
        export();
        service.jdbc()
                .sql("insert into users (user_id, email) values ('late', 'late@example.org')")
                .update();
        move.post("rollback", "{}").is(202);
        move.awaitState("rolled-back");
        move.awaitNoWish();
        try (LegacyApplication moved = new LegacyApplication(after)) {
            assertThat(moved.texts("select email from users where email is not null order by id"))
                    .containsExactly("new@example.org", "user-3@example.org", "user-4@example.org", "late@example.org");
            moved.user(9);
        }
        assertThat(first).exists();
        assertThat(exports.resolve(".sqlite-connector")).doesNotExist();
    }

    @Test
    void exportThatWasThereBeforeTheWishIsTakenIfItIsForced() throws Exception {
        legacy.user(1);
        export();
        move.post("start", source(exports)).is(202);
        move.awaitState("streaming");
        assertThat(move.verify().get("equal").booleanValue()).isTrue();
        move.post("complete", "{}").is(202);
        await().atMost(PATIENCE)
                .until(() -> move.status().get("blockers").toString().contains("awaited"));
        move.post("withdraw", "{}").is(202);
        move.awaitNoWish();
        assertThat(move.status().get("state").stringValue()).isEqualTo("verified");
        move.post("complete", "{}").is(202);
        move.post("complete", "{\"force\": true}").is(202);
        move.awaitState("cut-over");
        assertThat(move.status().at("/history").toString()).contains("without a last export");
    }

    @Test
    void badFoldersAreRefusedAndAMoveCanBeEnded() throws Exception {
        move.post("start", source(Path.of("relative"))).isBad("exports");
        move.post("start", source(folder.resolve("none"))).isBad("exports");
        move.post("start", source(exports)).isBad("exports");
        Files.writeString(exports.resolve("half.db"), "SQLite format 3\0and no more");
        move.post("start", source(exports)).isBad("exports");
        move.post("start", "{\"exports\": \"" + exports + "\", \"sqlite\": \"" + legacy.file() + "\"}")
                .isBad("exports");
        move.post("start", "{\"exports\": 7}").is(400);

        legacy.user(1);
        export();
        move.post("start", source(exports)).is(202);
        move.post("start", source(exports)).is(202);
        move.post("start", "{\"sqlite\": \"" + legacy.file() + "\"}").is(409);
        move.awaitState("streaming");
        move.post("clean", "{}").is(202);
        move.awaitNoWish();
        assertThat(exports.resolve(".sqlite-connector")).doesNotExist();
        assertThat(move.status().get("exports").isNull()).isTrue();
        move.post("start", source(exports)).is(202);
        move.awaitState("streaming");
    }

    private Path export() throws Exception {
        Path file = exports.resolve("export-" + exported++ + ".db");
        Path unfinished = folder.resolve("unfinished.db");
        legacy.execute("vacuum into '" + unfinished + "'");
        return Files.move(unfinished, file);
    }

    private static String source(Path exports) {
        return "{\"exports\": \"" + exports + "\"}";
    }

    private long rows(String what) {
        return service.count(what);
    }
}
