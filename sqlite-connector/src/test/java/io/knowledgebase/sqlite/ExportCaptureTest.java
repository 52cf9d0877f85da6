package io.knowledgebase.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The application writes to its database, an operator exports it. */
class ExportCaptureTest {

    private static final Instant FIRST = Instant.parse("2026-01-02T03:04:05Z");
    private static final Duration SETTLE = Duration.ofSeconds(2);

    @TempDir
    Path root;

    private final AdjustableClock clock = new AdjustableClock();
    private final Reader reader = new Reader();
    private Path folder;
    private Path state;
    private List<String> tables = List.of("users", "notes");
    private Connection application;
    private ExportCapture capture;
    private int exports;

    @BeforeEach
    void create() throws SQLException, IOException {
        folder = Files.createDirectory(root.resolve("ex ports %20?"));
        state = SqliteCapture.stateFolder(folder);
        application = connect(root.resolve("legacy.db"));
        application("pragma synchronous = off");
        application("create table users (id integer primary key, user_id varchar unique, photo blob, score real)");
        application("create table notes (owner varchar not null, place integer not null, text text,"
                + " primary key (owner, place))");
    }

    @AfterEach
    void close() throws SQLException {
        if (capture != null) {
            capture.close();
        }
        application.close();
    }

    @Test
    void firstExportIsToldRowByRowAndLaterOnesByTheirChanges() throws Exception {
        application("insert into users (id, user_id) values (1, 'a'), (2, 'b'), (3, 'c')");
        application("insert into notes values ('a', 1, 'x'), ('a', 2, 'y')");
        export();
        begin(null);
        drain();
        assertThat(reader.operations())
                .containsExactly("t users", "t notes", "r users", "r users", "r users", "r notes", "r notes");
        reader.told.clear();

        application("update users set score = 0.5 where id = 2");
        application("delete from users where id = 3");
        application("insert into users (id, user_id) values (0, 'c')");
        application("delete from notes where place = 1");
        application("insert into notes values ('b', 1, 'z')");
        export();
        drain();

        assertThat(reader.operations())
                .as("deletions first, so that a unique value is free")
                .containsExactly("d users", "d notes", "c users", "u users", "c notes");
        RowEvent update = reader.told.get(3);
        assertThat(update.before()).containsExactly(2L, "b", null, null);
        assertThat(update.after()).containsExactly(2L, "b", null, 0.5);
        assertThat(reader.told.get(0).before()).containsExactly(3L, "c", null, null);
        assertThat(update.committedAt()).isEqualTo(FIRST.plusSeconds(2).toString());
        assertThat(reader.told).extracting(RowEvent::changeId).isSorted().doesNotHaveDuplicates();
        assertEqual();
    }

    @Test
    void fewLargeRowsAreToldAtOnce() throws Exception {
        application("insert into users (id, photo) values (1, zeroblob(3000000)), (2, zeroblob(3000000)),"
                + " (3, zeroblob(3000000))");
        export();
        begin(null, 100);
        look();
        clock.advance(SETTLE);
        assertThat(look()).extracting(RowEvent::operation).containsOnlyOnce(RowEvent.Operation.READ);
        drain();
        assertThat(reader.operations()).containsExactly("t users", "t notes", "r users", "r users", "r users");
        assertEqual();
    }

    @Test
    void textThatIsNoUtf8IsToldByItsBytes() throws Exception {
        application("insert into notes values ('a', 1, cast(x'c3' as text))");
        export();
        begin(null);
        drain();
        assertThat(reader.told.get(2).after()).contains(new InvalidText("c3"));
        application("update notes set text = cast(x'ff' as text)"); // which reads the same, with U+FFFD
        export();
        drain();
        assertThat(reader.told.get(3).before()).contains(new InvalidText("c3"));
        assertThat(reader.told.get(3).after()).contains(new InvalidText("ff"));
        export();
        drain();
        assertThat(reader.told).hasSize(4);
    }

    @Test
    void exportWithoutChangesTellsNothingAndIsOver() throws Exception {
        export();
        export();
        begin(null);
        drain();
        assertThat(reader.operations()).containsExactly("t users", "t notes");
        assertThat(position().export()).map(Export::name).contains("2.db");
        assertThat(position().isEnd()).isTrue();
    }

    @Test
    void lastEventOfAnExportEndsIt() throws Exception {
        application("insert into users (id) values (1), (2), (3)");
        export();
        begin(null);
        drain();
        assertThat(reader.told)
                .extracting(event -> event.position().hasToldAllRows())
                .containsExactly(false, false, false, false, true);
        application("delete from users where id = 1");
        export();
        drain();
        RowEvent last = reader.told.get(reader.told.size() - 1);
        assertThat(((ExportPosition) last.position()).isEnd()).isTrue();
        assertThat(last.position().changeId()).isGreaterThan(last.changeId());
    }

    @Test
    void filesAreTakenInTheOrderOfTheirTimesThenTheirNames() throws Exception {
        application("insert into users (id) values (1)");
        export("z.db", FIRST.plusSeconds(1));
        application("insert into users (id) values (2)");
        export("b.db", FIRST.plusSeconds(5));
        application("insert into users (id) values (3)");
        export("c.db", FIRST.plusSeconds(5));
        application("delete from users");
        export("a.db", FIRST.plusSeconds(9));
        begin(null);
        drain();

        assertThat(reader.told)
                .filteredOn(event -> !event.operation().code().equals("t"))
                .extracting(event -> event.position().export().orElseThrow().name()
                        + event.operation().code()
                        + key(event))
                .containsExactly("z.dbr[1]", "b.dbc[2]", "c.dbc[3]", "a.dbd[1]", "a.dbd[2]", "a.dbd[3]");
    }

    @Test
    void exportThatIsOlderThanTheLastOneIsNotTaken() throws Exception {
        application("insert into users (id) values (1)");
        export("new.db", FIRST.plusSeconds(9));
        begin(null);
        drain();
        application("delete from users");
        export("old.db", FIRST);
        drain();
        begin(position());
        drain();

        assertThat(reader.operations()).containsExactly("t users", "t notes", "r users");
        assertThat(ignored()).containsExactly("old.db is not younger than new.db, which was taken before");
    }

    @Test
    void takenFilesThatStayAreNotTakenForOldOnes() throws Exception {
        for (int i = 0; i < 3; i++) {
            application("insert into users (id) values (" + i + ")");
            export();
        }
        begin(null);
        drain();
        begin(position());
        drain();
        assertThat(ignored()).isEmpty();
        assertThat(SqliteCapture.exports(state).last()).map(Export::name).contains("3.db");
    }

    @Test
    void fileIsLeftAloneUntilItHasNotChangedForAWhile() throws Exception {
        application("insert into users (id) values (1)");
        Path file = export();
        begin(null);
        assertThat(look()).isEmpty();
        clock.advance(SETTLE.minusMillis(2));
        assertThat(look()).isEmpty();
        Files.setLastModifiedTime(file, FileTime.from(FIRST.plusSeconds(50))); // it goes on
        assertThat(look()).isEmpty();
        assertThat(Files.exists(state)).isFalse();
        clock.advance(SETTLE);
        assertThat(look()).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "0, is empty",
        "50, ends in its header",
        "4096, 'has 4096 bytes, but 5 pages of 4096'",
        "8193, 'has 8193 bytes, but 5 pages of 4096'",
        "24576, 'has 24576 bytes, but 5 pages of 4096'"
    })
    void halfAFileIsIgnoredUntilItIsWhole(int bytes, String reason) throws Exception {
        application("insert into users (id) values (1)");
        export();
        begin(null);
        drain();
        reader.told.clear();
        application("insert into users (id) values (2)");
        Path file = export();
        byte[] whole = Files.readAllBytes(file);
        write(file, Arrays.copyOf(whole, bytes), FIRST.plusSeconds(60));
        drain();
        assertThat(reader.told).isEmpty();
        assertThat(ignored()).containsExactly("2.db " + reason);

        write(file, whole, FIRST.plusSeconds(61));
        drain();
        assertThat(reader.operations()).containsExactly("c users");
        assertThat(ignored()).isEmpty();
    }

    @Test
    void fileThatChangesWhileItIsCopiedIsNoticed() throws Exception {
        Path file = export();
        ExportFolder looked = new ExportFolder(folder, Duration.ZERO, clock);
        Export export = looked.look().settled().get(0);
        assertThat(looked.isUnchanged(export)).isTrue();
        Path journal = Files.write(folder.resolve("1.db-journal"), new byte[] {1});
        assertThat(looked.isUnchanged(export)).isFalse();
        Files.delete(journal);
        Files.setLastModifiedTime(file, FileTime.from(FIRST.plusSeconds(9)));
        assertThat(looked.isUnchanged(export)).isFalse();
        Files.delete(file);
        assertThat(looked.isUnchanged(export)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-journal", "-wal"})
    void fileWithAJournalBesideItIsNotFinished(String companion) throws Exception {
        Path file = export();
        Path journal = Files.write(folder.resolve(file.getFileName() + companion), new byte[] {0});
        begin(null);
        drain();
        assertThat(reader.told).isEmpty();
        assertThat(ignored()).containsExactly("1.db is not finished: 1.db" + companion + " stands beside it");

        Files.delete(journal);
        drain();
        assertThat(reader.told).hasSize(2);
    }

    @Test
    void backupThatIsUnderWayIsNotTaken() throws Exception {
        application("insert into users (id, photo) values (1, zeroblob(3000000))");
        Path file = folder.resolve("backup.db");
        try (Connection target = connect(file);
                Statement statement = target.createStatement()) {
            statement.execute("pragma cache_size = 10");
            statement.execute("begin immediate");
            statement.execute("create table users (id integer primary key, photo blob)");
            statement.execute("insert into users values (1, zeroblob(3000000))"); // more than the cache: it is spilled
            assertThat(Files.size(file)).isPositive();
            begin(null);
            drain();
            assertThat(reader.told).isEmpty();
            statement.execute("commit");
        }
        drain();
        assertThat(reader.operations()).containsExactly("t users", "r users");
    }

    @Test
    void temporaryAndHiddenFilesAreNotLookedAt() throws Exception {
        application("insert into users (id) values (1)");
        Path file = export();
        for (String name : List.of("x.db.tmp", ".x.db", "x.db.PART", "x.db~", "x.db-shm")) {
            Files.copy(file, folder.resolve(name));
        }
        Files.createDirectory(folder.resolve("folder.db"));
        Files.delete(file);
        begin(null);
        drain();
        assertThat(reader.told).isEmpty();
        assertThat(ignored()).isEmpty();
    }

    @Test
    void brokenFilesDoNotStopOthersAndAreNamed() throws Exception {
        application("with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)"
                + " insert into users (id, user_id) select i, 'user ' || i from n");
        export();
        application("delete from users where id = 7");
        Path damaged = export();
        try (RandomAccessFile file = new RandomAccessFile(damaged.toFile(), "rw")) {
            file.seek(file.length() / 2);
            file.write(new byte[20_000]);
        }
        write(damaged, Files.readAllBytes(damaged), FIRST.plusSeconds(exports));
        write(
                folder.resolve("letter.txt"),
                "Dear Ann".getBytes(),
                FIRST.plusSeconds(exports).plusMillis(1));
        application("delete from users where id = 8");
        export();
        begin(null);
        drain();
        begin(position());
        drain();

        assertThat(reader.operations())
                .filteredOn(operation -> !operation.startsWith("r"))
                .containsExactly("t users", "t notes", "d users", "d users");
        assertThat(ignored()).hasSize(2);
        assertThat(ignored().get(0)).startsWith("2.db is damaged: ").doesNotContain("user ");
        assertThat(ignored().get(1)).isEqualTo("letter.txt is no SQLite database");
        assertEqual();

        Files.delete(damaged);
        drain();
        assertThat(ignored()).containsExactly("letter.txt is no SQLite database");
    }

    @Test
    void fileThatCannotBeComparedIsNamed() throws Exception {
        application("insert into users (id) values (1)");
        export();
        application("drop table notes");
        application("create table notes (text text)");
        export();
        application("drop table notes");
        application("create table notes (id varchar primary key)");
        application("insert into notes values (null)");
        export();
        begin(null);
        drain();
        assertThat(ignored())
                .containsExactly(
                        "2.db cannot be compared: table notes has no primary key",
                        "3.db cannot be compared: table notes has a row without a key");
    }

    @Test
    void rawCopyOfAWalDatabaseLacksRowsAndIsRefused() throws Exception {
        application("pragma journal_mode = wal");
        application("pragma wal_autocheckpoint = 0");
        application("pragma wal_checkpoint(truncate)");
        application("insert into users (id) values (1), (2)");

        Path raw = Files.copy(root.resolve("legacy.db"), folder.resolve("raw.db"));
        Files.setLastModifiedTime(raw, FileTime.from(FIRST));
        try (Connection naive = connect(Files.copy(raw, root.resolve("naive.db")))) {
            assertThat(count(naive, "users"))
                    .as("what a naive capture would see")
                    .isZero();
        }
        application("backup to '" + root.resolve("backup.db") + "'");
        Path backup = Files.move(root.resolve("backup.db"), folder.resolve("backup.db"));
        Files.setLastModifiedTime(backup, FileTime.from(FIRST));
        begin(null);
        drain();
        assertThat(reader.told).isEmpty();
        assertThat(ignored())
                .hasSize(2)
                .allSatisfy(
                        reason -> assertThat(reason).contains(" is in WAL mode").contains("VACUUM INTO"));

        try (Connection operator = connect(backup);
                Statement statement = operator.createStatement()) {
            statement.execute("pragma journal_mode = delete");
        }
        Files.setLastModifiedTime(backup, FileTime.from(FIRST.plusSeconds(1)));
        drain();
        assertThat(reader.operations()).containsExactly("t users", "t notes", "r users", "r users");

        application("delete from users where id = 1");
        export("vacuumed.db", FIRST.plusSeconds(2));
        drain();
        assertThat(ignored()).singleElement().asString().startsWith("raw.db");
        assertEqual();
    }

    @Test
    void rawCopyWithItsWalIsNotFinished() throws Exception {
        application("pragma journal_mode = wal");
        application("insert into users (id) values (1)");
        Files.copy(root.resolve("legacy.db"), folder.resolve("raw.db"));
        Files.copy(root.resolve("legacy.db-wal"), folder.resolve("raw.db-wal"));
        begin(null);
        drain();
        assertThat(reader.told).isEmpty();
        assertThat(ignored()).containsExactly("raw.db is not finished: raw.db-wal stands beside it");
    }

    @Test
    void predecessorMayBeRemovedOrWrittenOver() throws Exception {
        application("insert into users (id) values (1), (2), (3)");
        Path same = export("latest.db", FIRST);
        begin(null);
        drain();
        application("delete from users where id = 2");
        Path vacuumed = root.resolve("vacuumed.db");
        application("vacuum into '" + vacuumed + "'");
        write(same, Files.readAllBytes(vacuumed), FIRST.plusSeconds(1)); // into the same file, which a link would share
        drain();
        Files.delete(same);
        application("insert into users (id) values (4)");
        export("next.db", FIRST.plusSeconds(2));
        drain();

        assertThat(reader.operations())
                .filteredOn(operation -> !operation.startsWith("r"))
                .containsExactly("t users", "t notes", "d users", "c users");
        assertEqual();
    }

    @Test
    void copiesThatNobodyNeedsAreRemoved() throws Exception {
        export();
        begin(null);
        drain();
        for (int i = 0; i < 3; i++) {
            application("insert into users (id) values (" + i + ")");
            export();
            drain();
            capture.forget(position().changeId());
            assertThat(copies()).hasSize(1);
        }
        application("delete from users");
        export();
        drain();
        assertThat(copies()).as("offsets are not stored yet").hasSize(2);
        Path orphan = Files.createFile(state.resolve("99.copy"));
        Path other = Files.createFile(state.resolve("operator.txt"));
        begin(position());
        assertThat(copies()).hasSize(1).doesNotContain(orphan);
        assertThat(other).exists();
    }

    @Test
    void nothingIsLeftOfACaptureThatIsRemoved() throws Exception {
        export();
        begin(null);
        drain();
        capture.close();
        SqliteCapture.removeExports(state);
        SqliteCapture.removeExports(state);
        assertThat(state).doesNotExist();
        assertThat(SqliteCapture.exports(state)).isEqualTo(new Exports(Optional.empty(), List.of()));
    }

    @Test
    void allIsToldAnewWithoutTheCopyOfTheLastOne() throws Exception {
        application("insert into users (id) values (1), (2), (3)");
        Path file = export();
        begin(null);
        drain();
        Files.delete(file);
        SqliteCapture.removeExports(state);
        begin(position());
        reader.told.clear();
        application("delete from users where id = 2");
        export();
        drain();
        assertThat(reader.operations()).containsExactly("t users", "t notes", "r users", "r users");
        assertEqual();
    }

    /** Changes that were told beyond the kept offset must not make readers pass over what is told instead of them. */
    @Test
    void deletionIsNotLostWithTheCopyInTheMiddleOfAnExport() throws Exception {
        application("with recursive n(i) as (select 1 union all select i + 1 from n where i < 20)"
                + " insert into users (id) select i from n");
        export();
        begin(null, 3);
        drain();
        ExportPosition kept = position();
        application("delete from users where id > 5");
        export();
        look();
        clock.advance(SETTLE);
        assertThat(look()).hasSize(3); // and then it dies
        Files.delete(copies().get(0));

        begin(kept, 3);
        drain();
        assertEqual();
    }

    @Test
    void sameExportIsTakenAgainIfItsCopyIsLostWhileItIsTold() throws Exception {
        application("with recursive n(i) as (select 1 union all select i + 1 from n where i < 20)"
                + " insert into users (id) select i from n");
        export();
        begin(null, 3);
        look();
        clock.advance(SETTLE);
        assertThat(look()).hasSize(3);
        ExportPosition kept = position();
        Files.delete(copies().get(0));

        begin(kept, 3);
        drain();
        assertEqual();
    }

    /** Rows of the first export are told again after changes of the second one were taken. */
    @Test
    void rowsThatAreToldAgainAreNotOlderThanWhatIsKnown() throws Exception {
        application("insert into users (id, score) values (1, 1), (2, 1), (3, 1)");
        export();
        begin(null, 1);
        drain();
        ExportPosition kept = (ExportPosition) reader.told.get(2).position();
        application("update users set score = 2");
        application("delete from users where id = 2");
        export();
        drain();

        begin(kept, 1);
        drain();
        assertEqual();
    }

    @Test
    void tableThatWasAwayIsToldAnew() throws Exception {
        application("insert into users (id) values (1), (2)");
        application("insert into notes values ('a', 1, 'x'), ('a', 2, 'y')");
        export();
        begin(null);
        drain();
        application("alter table notes rename to gone");
        application("insert into users (id) values (3)");
        export();
        drain();
        application("alter table gone rename to notes");
        application("delete from notes where place = 1");
        export();
        reader.told.clear();
        drain();
        assertThat(reader.operations()).containsExactly("t notes", "r notes");
        assertEqual();
    }

    @Test
    void tableWithAnotherKeyIsToldAnew() throws Exception {
        application("insert into notes values ('a', 1, 'x'), ('b', 2, 'y')");
        export();
        application("create table other (owner varchar, place integer primary key, text text)");
        application("insert into other select * from notes");
        application("drop table notes");
        application("alter table other rename to notes");
        export();
        begin(null);
        drain();
        assertThat(reader.operations())
                .containsExactly("t users", "t notes", "r notes", "r notes", "t notes", "r notes", "r notes");
        assertEqual();
    }

    @Test
    void tableThatIsAskedForLaterIsToldWithTheNextExport() throws Exception {
        application("insert into users (id) values (1)");
        application("insert into notes values ('a', 1, 'x')");
        tables = List.of("users");
        export();
        begin(null);
        drain();
        tables = List.of("notes", "users");
        begin(position());
        drain();
        application("insert into users (id) values (2)");
        export();
        drain();
        assertThat(reader.operations()).containsExactly("t users", "r users", "t notes", "r notes", "c users");
        assertEqual();
    }

    @Test
    void upgradedTableIsComparedByNames() throws Exception {
        application("insert into users (id, user_id, score) values (1, 'a', 1), (2, 'b', 2)");
        export();
        begin(null);
        drain();
        reader.told.clear();
        application("drop table users");
        application("create table users (score real, USER_ID varchar, plan text, id integer primary key)");
        application("insert into users values (1, 'a', null, 1), (2, 'b', 'paid', 2), (3, 'c', null, 3)");
        export();
        drain();

        assertThat(reader.operations()).containsExactly("u users", "c users");
        assertThat(reader.told.get(0).before()).containsExactly(2.0, "b", null, 2L);
        assertThat(reader.told.get(0).after()).containsExactly(2.0, "b", "paid", 2L);
        assertEqualRows("users", "2");
    }

    @Test
    void everyValueOfSqliteIsCompared() throws Exception {
        List<Object> values = new ArrayList<>();
        values.add(new byte[] {0, 1, (byte) 0xff});
        values.add("nul\u0000inside");
        values.add("nul\u0000outside");
        values.add("nul");
        values.add(Double.POSITIVE_INFINITY);
        values.add(Double.NEGATIVE_INFINITY);
        values.add(0.1);
        values.add(Long.MIN_VALUE);
        values.add("1");
        values.add(1L);
        values.add(1.0);
        values.add(null);
        values.add("");
        values.add(new byte[0]);
        set(values, 0);
        export();
        begin(null);
        drain();
        assertEqual();
        export();
        drain();
        assertThat(reader.told).hasSize(values.size() + 2);
        reader.told.clear();
        set(values, 1);
        export();
        drain();
        assertThat(reader.told)
                .hasSize(values.size())
                .allSatisfy(event -> assertThat(event.operation()).isEqualTo(RowEvent.Operation.UPDATE));
        assertEqual();
    }

    private void set(List<Object> values, int shift) throws SQLException {
        try (PreparedStatement insert =
                application.prepareStatement("insert or replace into users (id, photo) values (?, ?)")) {
            for (int i = 0; i < values.size(); i++) {
                insert.setInt(1, i);
                insert.setObject(2, values.get((i + shift) % values.size()));
                insert.execute();
            }
        }
    }

    @Test
    void keysOfEveryKindAndCollationAreTold() throws Exception {
        tables = List.of("odd");
        application("create table odd (key text collate nocase primary key, value)");
        odd("a", "B", "b2", "\u0000", "\uD83D\uDE00", "\uFFFD", "Z", 5L, new byte[] {1}, new byte[] {});
        export();
        begin(null, 1);
        drain();
        assertThat(reader.operations()).hasSize(11);
        application("update odd set value = 1 where key in ('a', 'Z') or typeof(key) = 'blob'");
        application("update odd set key = 'b' where key = 'B'");
        export();
        drain();
        assertThat(reader.operations().subList(11, 17))
                .containsExactly("d odd", "u odd", "u odd", "c odd", "u odd", "u odd");
        for (int kept = 11; kept < 17; kept++) {
            begin((ExportPosition) reader.told.get(kept).position(), 1);
            drain();
        }
        assertEqualRows("odd", "1");
    }

    private void odd(Object... keys) throws SQLException {
        try (PreparedStatement insert = application.prepareStatement("insert into odd (key) values (?)")) {
            for (Object key : keys) {
                insert.setObject(1, key);
                insert.execute();
            }
        }
    }

    @Test
    void noteThatCannotBeReadIsNamed() throws Exception {
        Files.createDirectory(state);
        Files.writeString(state.resolve("exports.json"), "{\"taken\":[{}]}");
        assertThatThrownBy(() -> begin(null))
                .isInstanceOf(CaptureException.class)
                .hasMessageContaining("exports.json cannot be understood");
    }

    /** As after a crash: the position that was kept is older than what was told. */
    @ParameterizedTest
    @CsvSource({"1, 1", "2, 7", "3, 1000", "4, 3", "5, 2"})
    void whatIsToldIsWhatIsInTheLastExportWhereverItGoesOn(int seed, int batch) throws Exception {
        Random random = new Random(seed);
        Map<Long, String> byId = new HashMap<>();
        ExportPosition kept = null;
        int keptEvents = 0;
        List<RowEvent> told = reader.told;
        for (int round = 0; round < 25; round++) {
            for (int i = random.nextInt(40); i >= 0; i--) {
                change(random);
            }
            Path file = export();
            if (round == 0) {
                begin(null, batch);
            }
            boolean dies = random.nextInt(3) == 0;
            if (dies) {
                look();
                clock.advance(SETTLE);
                for (int i = random.nextInt(6); i > 0; i--) {
                    look();
                }
            } else {
                drain();
            }
            if (random.nextBoolean() && !dies) {
                Files.delete(file);
            }
            if (told.size() > keptEvents && random.nextBoolean()) {
                keptEvents = Math.max(keptEvents, told.size() - random.nextInt(30));
                kept = keptEvents == 0
                        ? null
                        : (ExportPosition) told.get(keptEvents - 1).position();
                if (kept != null) {
                    capture.forget(kept.changeId());
                }
            }
            if (dies) {
                begin(kept, batch);
            }
        }
        drain();
        for (RowEvent event : told) {
            if (event.operation() != RowEvent.Operation.READ) {
                String text = event.operation() + " " + event.table().name() + " " + text(event.before()) + " -> "
                        + text(event.after());
                assertThat(byId.getOrDefault(event.changeId(), text)).isEqualTo(text);
                byId.put(event.changeId(), text);
            }
        }
        assertThat(byId).hasSizeGreaterThan(100);
        assertEqual();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 8, 12, 100})
    void exportThatIsResumedTellsTheSameChangesWithTheSameIds(int after) throws Exception {
        Random random = new Random(42);
        for (int i = 0; i < 60; i++) {
            change(random);
        }
        export();
        begin(null);
        drain();
        ExportPosition before = position();
        for (int i = 0; i < 60; i++) {
            change(random);
        }
        Path file = export();
        reader.told.clear();
        drain();
        List<RowEvent> whole = List.copyOf(reader.told);
        assertThat(whole).hasSizeGreaterThan(12);
        Files.delete(file);

        begin(after < whole.size() ? (ExportPosition) whole.get(after - 1).position() : before, 2);
        reader.told.clear();
        drain();
        assertThat(reader.told.stream().map(ExportCaptureTest::described))
                .isEqualTo(whole.subList(after < whole.size() ? after : 0, whole.size()).stream()
                        .map(ExportCaptureTest::described)
                        .toList());
        assertEqual();
    }

    private static String described(RowEvent event) {
        return event.changeId() + " " + event.operation() + " " + text(event.before()) + " " + text(event.after());
    }

    private void change(Random random) throws SQLException {
        int id = random.nextInt(30);
        int other = random.nextInt(30);
        switch (random.nextInt(6)) {
            case 0 -> application("delete from users where id = " + id);
            case 1 -> application("update or replace users set user_id = 'u" + other + "' where id = " + id);
            case 2 -> application("delete from notes where place = " + id);
            case 3 -> application("insert or replace into notes values ('u" + id % 5 + "', " + other + ", 'text')");
            default ->
                application("insert or replace into users (id, user_id, score) values (" + id + ", 'u" + other + "', "
                        + random.nextInt(5) + ")");
        }
    }

    private Path export() throws SQLException, IOException {
        exports++;
        return export(exports + ".db", FIRST.plusSeconds(exports));
    }

    private Path export(String name, Instant modified) throws SQLException, IOException {
        Path file = folder.resolve(name);
        application("vacuum into '" + file + "'");
        Files.setLastModifiedTime(file, FileTime.from(modified));
        return file;
    }

    private static void write(Path file, byte[] content, Instant modified) throws IOException {
        Files.write(file, content);
        Files.setLastModifiedTime(file, FileTime.from(modified));
    }

    private void begin(ExportPosition position) throws SQLException, IOException {
        begin(position, 2);
    }

    private void begin(ExportPosition position, int batch) throws SQLException, IOException {
        if (capture != null) {
            capture.close();
        }
        ExportPosition stored = position == null
                ? null
                : ExportPosition.ofOffset(position.toOffset()).orElseThrow();
        assertThat(stored == null || stored.toOffset().equals(position.toOffset()))
                .isTrue();
        capture = ExportCapture.open(new ExportFolder(folder, SETTLE, clock), state, tables, stored, batch, clock);
    }

    private ExportPosition position() {
        return capture.position();
    }

    /** Until nothing more is told of what is in the folder. */
    private void drain() throws SQLException, IOException {
        for (int idle = 0; idle < 2; ) {
            look();
            idle = capture.isIdle() ? idle + 1 : 0;
            clock.advance(SETTLE);
        }
    }

    private List<RowEvent> look() throws SQLException, IOException {
        List<RowEvent> events = capture.next();
        events.forEach(reader::take);
        clock.advance(Duration.ofMillis(1));
        return events;
    }

    private List<String> ignored() throws IOException {
        return SqliteCapture.exports(state).ignored().stream()
                .map(entry -> entry.file().name() + " " + entry.reason())
                .toList();
    }

    private List<Path> copies() throws IOException {
        try (var files = Files.list(state)) {
            return files.filter(file -> file.toString().endsWith(".copy"))
                    .sorted()
                    .toList();
        }
    }

    private void assertEqual() throws SQLException {
        for (String table : tables) {
            assertEqualRows(table, table.equals("users") ? "id" : "owner, place");
        }
    }

    private void assertEqualRows(String table, String order) throws SQLException {
        List<String> expected = new ArrayList<>();
        try (Statement statement = application.createStatement();
                ResultSet rows = statement.executeQuery("select * from " + table + " order by " + order)) {
            while (rows.next()) {
                Map<String, Object> row = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
                List<Object> values = Rows.read(rows, rows.getMetaData().getColumnCount());
                for (int i = 0; i < values.size(); i++) {
                    row.put(rows.getMetaData().getColumnName(i + 1), values.get(i));
                }
                expected.add(byName(row));
            }
        }
        assertThat(reader.known.getOrDefault(table, Map.of()).values())
                .as(table)
                .containsExactlyInAnyOrderElementsOf(expected);
    }

    private static String key(RowEvent event) {
        return Key.of(event.table(), event.after() == null ? event.before() : event.after())
                .values()
                .toString();
    }

    private static String text(List<Object> row) {
        return row == null ? "" : Arrays.deepToString(row.toArray());
    }

    /** Columns of no value are left out: rows that did not change may be known from before a column was added. */
    private static String byName(Map<String, Object> row) {
        return row.entrySet().stream()
                .filter(entry -> entry.getValue() != null)
                .map(entry -> entry.getKey().toLowerCase(Locale.ROOT) + "="
                        + Arrays.deepToString(new Object[] {entry.getValue()}))
                .toList()
                .toString();
    }

    private static int count(Connection sqlite, String table) throws SQLException {
        try (Statement statement = sqlite.createStatement();
                ResultSet rows = statement.executeQuery("select count(*) from " + table)) {
            return rows.getInt(1);
        }
    }

    private void application(String sql) throws SQLException {
        try (Statement statement = application.createStatement()) {
            statement.execute(sql);
        }
    }

    private static Connection connect(Path file) throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:" + file);
    }

    /** Leaves out what it knows by its id, as readers do; but rows that are read always count. */
    private static final class Reader {

        private final List<RowEvent> told = new ArrayList<>();
        private final Map<String, Map<Key, String>> known = new HashMap<>();
        private final Map<String, Long> applied = new HashMap<>();

        void take(RowEvent event) {
            told.add(event);
            String table = event.table().name();
            if (event.operation() != RowEvent.Operation.READ && event.changeId() <= applied.getOrDefault(table, 0L)) {
                return;
            }
            applied.merge(table, event.changeId(), Math::max);
            Map<Key, String> rows = known.computeIfAbsent(table, name -> new TreeMap<>());
            switch (event.operation()) {
                case TRUNCATE -> rows.clear();
                case DELETE ->
                    assertThat(rows.remove(Key.of(event.table(), event.before())))
                            .isNotNull();
                default -> {
                    Map<String, Object> row = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
                    for (int i = 0; i < event.after().size(); i++) {
                        row.put(
                                event.table().columns().get(i).name(),
                                event.after().get(i));
                    }
                    rows.put(Key.of(event.table(), event.after()), byName(row));
                }
            }
        }

        List<String> operations() {
            return told.stream()
                    .map(event -> event.operation().code() + " " + event.table().name())
                    .toList();
        }
    }

    private static final class AdjustableClock extends Clock {

        private Instant now = Instant.parse("2026-02-03T04:05:06Z");

        void advance(Duration duration) {
            now = now.plus(duration);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
