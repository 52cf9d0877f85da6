package io.knowledgebase.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One connection is the application's, another one captures. */
class TriggerCaptureTest {

    private static final String USERS = """
            create table users (id integer not null, user_id varchar, email varchar, score real, photo blob,
                                active boolean, primary key (id))
            """;

    @TempDir
    Path folder;

    private Connection application;
    private Connection ours;
    private TriggerCapture capture;
    /** What a reader of all events knows of the table, by key. */
    private final Map<Key, List<Object>> known = new TreeMap<>();

    private final List<RowEvent> told = new ArrayList<>();
    private long applied;

    @BeforeEach
    void create() throws SQLException {
        application = connect();
        ours = connect();
        application("pragma synchronous = off");
        application(USERS);
        application("create unique index ix_users_email on users (email)");
        application("create unique index ix_users_user_id on users (user_id)");
    }

    @AfterEach
    void close() throws SQLException {
        application.close();
        ours.close();
    }

    @Test
    void rowsAreReadAndThenEveryChangeIsTold() throws SQLException {
        application("insert into users (id, user_id, email) values (1, 'a', 'a@x'), (2, 'b', 'b@x')");
        begin(null, 10);
        drain();
        application("insert into users (id, user_id) values (3, 'c')");
        application("update users set email = 'new@x' where id = 1");
        application("delete from users where id = 2");
        application("update users set id = 9 where id = 3");
        drain();

        assertThat(operations()).containsExactly("t", "r", "r", "c", "u", "d", "d", "c");
        assertThat(told.get(4).before()).contains("a@x");
        assertThat(told.get(4).after()).contains("new@x");
        assertEqual();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void olderCopyThatIsPutBackIsReadAnew(boolean wasCaptured) throws SQLException {
        application("insert into users (id, user_id) values (1, 'a'), (2, 'b')");
        if (!wasCaptured) {
            application("backup to " + folder.resolve("copy.db"));
        }
        begin(null, 10);
        drain();
        if (wasCaptured) {
            application("backup to " + folder.resolve("copy.db"));
        }
        application("update users set email = 'lost@x' where id = 1");
        application("delete from users where id = 2");
        drain();
        application("restore from " + folder.resolve("copy.db"));
        application("insert into users (id, user_id) values (3, 'c')");
        drain();
        assertEqual();
        application("update users set email = 'new@x' where id = 3");
        begin(capture.position(), 10);
        drain();
        assertEqual();
        assertThat(operations()).endsWith("u");
    }

    @Test
    void copyThatIsPutBackAfterACrashIsReadAnewByThoseWhoKnowMore() throws SQLException {
        application("insert into users (id, user_id) values (1, 'a'), (2, 'b')");
        begin(null, 10);
        drain();
        application("backup to " + folder.resolve("copy.db"));
        application("insert into users (id, user_id) values (3, 'c')");
        drain();
        Position kept = capture.position();
        for (int i = 0; i < 10; i++) { // told, but not kept
            application("update users set score = " + i);
        }
        drain();
        application("restore from " + folder.resolve("copy.db"));
        begin(kept, 10);
        drain();
        assertEqual();
    }

    @Test
    void olderCopyThatCannotBeCapturedYetStaysOne() throws SQLException {
        String copy = folder.resolve("copy.db").toString();
        application("insert into users (id, user_id) values (1, 'a')");
        begin(null, 10);
        drain();
        application("backup to " + copy);
        application("update users set score = 1");
        drain();
        try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + copy);
                Statement statement = other.createStatement()) {
            statement.execute("create table kept as select * from users");
            statement.execute("drop table users");
            statement.execute("alter table kept rename to users");
        }
        application("restore from " + copy);
        assertThatThrownBy(this::take).isInstanceOf(CaptureException.class).hasMessageContaining("no primary key");
        application("alter table users rename to kept");
        application(USERS);
        application("insert into users select * from kept");
        assertThat(ChangeLog.lastId(application)).isLessThan(capture.position().changeId());
        drain();
        assertEqual();
    }

    @Test
    void fewLargeRowsAreToldAtOnce() throws SQLException {
        String large = "hex(zeroblob(1500000))";
        application("insert into users (id, email) values (1, 1 || " + large + "), (2, 2 || " + large + "), (3, 3)");
        begin(null, 10);
        take();
        assertThat(operations()).containsExactly("t", "r", "r");
        drain();
        assertThat(operations()).hasSize(4);
        application("update users set active = 1 where id < 3");
        take();
        assertThat(operations()).hasSize(5);
        drain();
        assertThat(operations()).hasSize(6);
        assertEqual();
    }

    @Test
    void textThatIsNoUtf8IsToldByItsBytes() throws SQLException {
        application("alter table users add column größe varchar");
        application("insert into users (id, email, größe) values (1, cast(x'61c328' as text), 'ä\uFFFD')");
        begin(null, 10);
        drain();
        application("update users set user_id = cast(x'00ff' as text), größe = 'ö' || char(10) where id = 1");
        drain();

        InvalidText email = new InvalidText("61c328");
        assertThat(told.get(1).after()).contains(email, "ä\uFFFD");
        assertThat(told.get(2).before()).contains(email, "ä\uFFFD");
        assertThat(told.get(2).after()).contains(email, new InvalidText("00ff"), "ö\n");
    }

    @Test
    void replacedRowsAreDeletedAndIgnoredOnesAreNot() throws SQLException {
        application("insert into users (id, user_id, email) values (1, 'a', 'a@x'), (2, 'b', 'b@x'), (3, 'c', 'c@x')");
        begin(null, 10);
        drain();
        application("insert or replace into users (id, user_id, email) values (10, 'a', 'b@x')"); // removes 1 and 2
        drain();
        assertThat(known.keySet()).extracting(key -> key.values().get(0)).containsExactly(3L, 10L);
        application("insert or ignore into users (id, user_id) values (11, 'c')");
        application("update or replace users set email = 'c@x' where id = 10"); // removes 3
        application("update or ignore users set id = 12 where id = 10");
        drain();

        assertEqual();
        assertThat(known.keySet()).extracting(key -> key.values().get(0)).containsExactly(12L);
    }

    @Test
    void naiveTriggersMissWhatAReplacementRemoves() throws SQLException {
        application("create table naive_log (id integer)");
        application("create trigger naive after delete on users begin insert into naive_log values (old.id); end");
        application("insert into users (id, user_id) values (1, 'a')");
        application("insert or replace into users (id, user_id) values (2, 'a')");

        assertThat(count("users")).isEqualTo(1);
        assertThat(count("naive_log")).isZero();
    }

    @Test
    void replacementsAreAlsoRightWithTheApplicationsRecursiveTriggers() throws SQLException {
        application("pragma recursive_triggers = on");
        application("insert into users (id, user_id) values (1, 'a'), (2, 'b')");
        begin(null, 10);
        drain();
        application("replace into users (id, user_id) values (1, 'b')");
        drain();
        assertEqual();
    }

    @Test
    void everyValueOfSqliteComesThroughAndNoneEndsTheApplicationsStatement() throws SQLException {
        begin(null, 10);
        drain();
        List<Object> values = new ArrayList<>();
        values.add(new byte[] {0, 1, (byte) 0xff});
        values.add("nul\u0000inside");
        values.add("quote \" ' \\ and \uD83D\uDE00");
        values.add(Double.POSITIVE_INFINITY);
        values.add(Double.NEGATIVE_INFINITY);
        values.add(0.1);
        values.add(5e-324);
        values.add(Long.MIN_VALUE);
        values.add(null);
        values.add("");
        try (PreparedStatement insert = application.prepareStatement("insert into users (id, photo) values (?, ?)")) {
            for (int i = 0; i < values.size(); i++) {
                insert.setInt(1, i);
                insert.setObject(2, values.get(i));
                insert.executeUpdate();
            }
        }
        drain();

        assertThat(operations().subList(1, told.size())).hasSize(values.size()).containsOnly("c");
        for (int i = 0; i < values.size(); i++) {
            assertThat(told.get(i + 1).after().get(4)).as("value " + i).isEqualTo(values.get(i));
        }
        assertEqual();
    }

    @Test
    void jsonOfABlobEndsTheStatementOfANaiveTrigger() throws SQLException {
        application("create table naive_log (row text)");
        application("create trigger naive after insert on users begin"
                + " insert into naive_log values (json_object('photo', new.photo)); end");
        assertThatThrownBy(() -> application("insert into users (id, photo) values (1, x'00ff')"))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("JSON cannot hold BLOB values");
    }

    @Test
    void rebuiltTableIsArmedAgainAndToldAnew() throws SQLException {
        application("insert into users (id, user_id) values (1, 'a'), (2, 'b')");
        begin(null, 10);
        drain();
        told.clear();
        rebuild();
        application("insert into users (id, user_id, added) values (3, 'c', 'unseen')");
        application("delete from users where id = 1");
        drain();
        application("insert into users (id, user_id, added) values (4, 'd', 'seen')");
        drain();

        assertThat(operations()).containsExactly("t", "r", "r", "c");
        assertEqual();
    }

    @Test
    void rebuildThatWasFoundBeforeACrashIsNotForgotten() throws SQLException {
        application("insert into users (id, user_id) values (1, 'a'), (2, 'b')");
        begin(null, 10);
        drain();
        Position kept = capture.position();
        rebuild();
        application("delete from users where id = 1");
        capture.next(); // and then it dies

        begin(kept, 10);
        drain();

        assertEqual();
    }

    @Test
    void deletionOfARowBeyondTheKeptPositionIsTold() throws SQLException {
        application("insert into users (id, user_id) values (1, 'a'), (2, 'b')");
        begin(null, 1);
        take();
        Position kept = capture.position();
        drain();
        application("delete from users where id = 2");

        begin(kept, 1);
        drain();

        assertEqual();
    }

    @Test
    void tableThatWasAwayForAWhileIsToldAnew() throws SQLException {
        application("insert into users (id, user_id) values (1, 'a'), (2, 'b')");
        begin(null, 1);
        take();
        application("alter table users rename to gone");
        drain();
        application("delete from gone where id = 1");
        application("insert into gone (id, user_id) values (3, 'c')");
        drain();
        application("alter table gone rename to users");
        drain();
        assertEqual();
    }

    @Test
    void tableThatWasAwayIsReadAnewAlsoAfterACrash() throws SQLException {
        application("insert into users (id, user_id) values (1, 'a'), (2, 'b')");
        begin(null, 10);
        drain();
        application("alter table users rename to gone");
        drain();
        application("update gone set email = 'missed@x' where id = 1");
        application("delete from gone where id = 2");
        drain();
        Position kept = capture.position();
        application("alter table gone rename to users");
        begin(kept, 10);
        drain();
        assertEqual();
    }

    /** As Alembic does it. */
    private void rebuild() throws SQLException {
        application("create table tmp (id integer not null, email varchar, user_id varchar, score real, photo blob,"
                + " active boolean, added text, primary key (id))");
        application("insert into tmp (id, user_id, email) select id, user_id, email from users");
        application("drop table users");
        application("alter table tmp rename to users");
    }

    @Test
    void columnThatIsAddedIsTold() throws SQLException {
        application("insert into users (id, user_id) values (1, 'a')");
        begin(null, 10);
        drain();
        application("alter table users add column plan text default 'free'");
        application("update users set plan = 'paid' where id = 1");
        drain();
        assertEqual();
        assertThat(known.values().iterator().next()).contains("paid");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1000})
    void nothingIsLostDoubledOrToldInAWrongOrderWhileTheApplicationWrites(int range) throws SQLException {
        Random random = new Random(range);
        for (int i = 0; i < 200; i++) {
            change(random);
        }
        begin(null, range);
        for (int step = 0; step < 600; step++) {
            change(random);
            if (step % 3 == 0) {
                take();
            }
            if (step % 50 == 49) { // as after a crash: the position that was kept is older than what was told
                int kept = told.size() - random.nextInt(20);
                begin(kept <= 0 ? null : (Position) told.get(kept - 1).position(), range);
            }
        }
        drain();
        assertEqual();
    }

    /** An open read transaction makes writers fail in SQLite's default mode; between two ranges none is open. */
    @Test
    void applicationWritesBetweenAnyTwoRangesInRollbackJournalMode() throws SQLException {
        for (int id = 0; id < 50; id++) {
            application("insert into users (id, user_id) values (" + id + ", 'u" + id + "')");
        }
        application("pragma busy_timeout = 0");
        begin(null, 1);
        int writes = 0;
        while (take()) {
            application("update users set score = " + ++writes + " where id = " + (writes * 7) % 50);
            if (writes > 500) {
                break;
            }
        }
        drain();
        assertThat(writes).isGreaterThan(50);
        assertEqual();

        try (Statement naive = ours.createStatement()) {
            naive.execute("begin");
            naive.executeQuery("select * from users").next();
            assertThatThrownBy(() -> application("update users set score = 0 where id = 1"))
                    .hasMessageContaining("database is locked");
            naive.execute("rollback");
        }
    }

    /** Triggers run in the application's own library: {@code unixepoch('now', 'subsec')} is null before 3.42. */
    @Test
    void triggersCallNothingThatOldLibrariesLack() throws SQLException {
        String sql = String.join(
                " ", ChangeLog.triggers(Table.read(ours, "users").orElseThrow()).values());
        Set<String> called = Pattern.compile("([a-z_]+)\\(")
                .matcher(sql.replaceAll("'[^']*'", "''"))
                .results()
                .map(call -> call.group(1))
                .collect(Collectors.toSet());
        assertThat(called)
                .isSubsetOf(
                        "json_object", "json_extract", "strftime", "typeof", "hex", "cast", "instr", "char", "printf");
    }

    @Test
    void disarmedFileHasNoTraces() throws SQLException {
        List<String> before = names();
        begin(null, 10);
        drain();
        application("insert into users (id, user_id) values (1, 'a')");
        ChangeLog.disarm(ours);

        assertThat(names()).isEqualTo(before);
        application("insert into users (id, user_id) values (2, 'b')");
    }

    @Test
    void tableWithoutAPrimaryKeyIsRefused() throws SQLException {
        application("create table notes (text varchar)");
        assertThatThrownBy(() -> new TriggerCapture(ours, List.of("notes"), null, 10, 10).next())
                .isInstanceOf(CaptureException.class)
                .hasMessage("table notes has no primary key");
    }

    private void change(Random random) throws SQLException {
        int id = random.nextInt(60);
        int other = random.nextInt(60);
        String verb = random.nextBoolean() ? "insert or replace" : "insert or ignore";
        switch (random.nextInt(4)) {
            case 0 -> application("delete from users where id = " + id);
            case 1 ->
                application("update or replace users set user_id = 'u" + other + "', score = " + random.nextInt()
                        + " where id = " + id);
            case 2 -> application("update or ignore users set id = " + other + " where id = " + id);
            default ->
                application(verb + " into users (id, user_id, score) values (" + id + ", 'u" + other + "', "
                        + random.nextInt() + ")");
        }
    }

    private void begin(Position position, int range) {
        capture = new TriggerCapture(ours, List.of("users"), position, range, 5);
    }

    private void drain() throws SQLException {
        int idle = 0;
        while (idle < 3) {
            idle = take() ? 0 : idle + 1;
        }
    }

    private boolean take() throws SQLException {
        List<RowEvent> events = capture.next();
        long last = 0;
        for (RowEvent event : events) {
            assertThat(event.changeId()).isGreaterThanOrEqualTo(last);
            last = event.changeId();
            told.add(event);
            // A reader leaves out what it knows; rows that are read are never older than what was told.
            boolean isNew = event.changeId() > applied;
            assertThat(event.changeId() >= applied || event.operation() != RowEvent.Operation.READ)
                    .isTrue();
            if (!isNew && event.operation() != RowEvent.Operation.READ) {
                continue;
            }
            applied = Math.max(applied, event.changeId());
            switch (event.operation()) {
                case TRUNCATE -> known.clear();
                case DELETE -> known.remove(Key.of(event.table(), event.before()));
                default -> known.put(Key.of(event.table(), event.after()), event.after());
            }
        }
        return !events.isEmpty();
    }

    private List<String> operations() {
        return told.stream().map(event -> event.operation().code()).toList();
    }

    private void assertEqual() throws SQLException {
        Map<String, String> expected = new LinkedHashMap<>();
        Map<String, String> actual = new LinkedHashMap<>();
        known.forEach((key, row) -> actual.put(key.values().toString(), Arrays.deepToString(row.toArray())));
        try (Statement statement = application.createStatement();
                ResultSet rows = statement.executeQuery("select * from users order by id")) {
            int columns = rows.getMetaData().getColumnCount();
            while (rows.next()) {
                List<Object> row = new ArrayList<>();
                for (int column = 1; column <= columns; column++) {
                    Object value = rows.getObject(column);
                    row.add(value instanceof Integer number ? (Object) number.longValue() : value);
                }
                expected.put("[" + rows.getLong("id") + "]", Arrays.deepToString(row.toArray()));
            }
        }
        assertThat(actual).isEqualTo(expected);
    }

    private List<String> names() throws SQLException {
        List<String> names = new ArrayList<>();
        try (Statement statement = application.createStatement();
                ResultSet rows = statement.executeQuery(
                        "select name from sqlite_master where name not like 'sqlite_%' order by name")) {
            while (rows.next()) {
                names.add(rows.getString(1));
            }
        }
        return names;
    }

    private int count(String table) throws SQLException {
        try (Statement statement = application.createStatement();
                ResultSet rows = statement.executeQuery("select count(*) from " + table)) {
            return rows.getInt(1);
        }
    }

    private void application(String sql) throws SQLException {
        try (Statement statement = application.createStatement()) {
            statement.execute(sql);
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("legacy.db"));
    }
}
