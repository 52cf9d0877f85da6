package io.knowledgebase.local.cutover.demo;

import io.knowledgebase.local.cutover.Cutover;
import io.knowledgebase.local.cutover.shadow.Question;
import io.knowledgebase.local.cutover.shadow.Shadow;
import io.knowledgebase.local.home.DatabaseAddress;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.stack.TemporaryStack;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** {@code kb cutover demo}. */
@Command(
        name = "demo",
        description = {
            "Move a made-up chat application to PostgreSQL and back while its people write.",
            "Makes its database and its collection in Qdrant with every oddity that such have, in an installation of its"
                    + " own, and measures each step. It ends with 0 only if nothing was lost or doubled, both directions"
                    + " were found equal, every text of Qdrant's was found again, and left out is exactly what was"
                    + " planted. Nothing of it is left behind."
        },
        mixinStandardHelpOptions = true)
public final class CutoverDemoCommand implements Callable<Integer> {

    private static final int LEAST_MESSAGES = 1_000;
    private static final int MOST_MESSAGES = 20_000_000;
    private static final int MINUTES_TO_THE_FENCE = 10;
    private static final int QUESTIONS = 25;
    private static final int RESULTS = 10;
    private static final int LEAST_FILES = 40;
    private static final int MESSAGES_OF_A_FILE = 5_000;
    private static final long POLL_MS = 500;

    @Option(names = "--check", description = "A small one, in less than five minutes.")
    private boolean check;

    @Option(
            names = "--messages",
            paramLabel = "N",
            description = "From 1000 to 20000000 (default: 20000 with --check, else 1000000).")
    private @Nullable Integer messages;

    @Option(
            names = "--writes",
            paramLabel = "N",
            defaultValue = "500",
            description = "Writes a second, from 1 to 5000 (default: ${DEFAULT-VALUE}).")
    private int writes;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "7",
            description = "The same for the same rows and writes (default: ${DEFAULT-VALUE}).")
    private long seed;

    private final Terminal terminal = new Terminal();
    private final List<List<String>> measured = new ArrayList<>();
    private final List<String> wrong = new ArrayList<>();

    @Override
    public Integer call() throws InterruptedException, IOException, SQLException {
        int rows = messages != null ? messages : check ? 20_000 : 1_000_000;
        require("--messages", rows, LEAST_MESSAGES, MOST_MESSAGES);
        require("--writes", writes, 1, 5_000);
        Instant begun = Instant.now();
        Path folder = Files.createTempDirectory("kb-cutover-demo-");
        try {
            Path file = folder.resolve("chat_history.db");
            terminal.begun("making a database of " + Terminal.counted(rows, "message"));
            LegacyDatabase.Made made = LegacyDatabase.make(file, rows, seed);
            measured(
                    "database",
                    "%,d users, %,d sessions, %,d messages, %,d MiB",
                    made.users(),
                    made.sessions(),
                    rows,
                    Files.size(file) >> 20);
            Path root =
                    Path.of(System.getProperty("kb.root", ".")).toAbsolutePath().normalize();
            try (People people = new People(open(file), made, seed);
                    Knowledge knowledge = new Knowledge(Math.max(LEAST_FILES, rows / MESSAGES_OF_A_FILE), seed);
                    TemporaryStack stack = TemporaryStack.start(
                            root, List.of(Service.INGEST, Service.EMBED, Service.SEARCH), settings(), terminal)) {
                measured("collection", "%,d points", knowledge.points());
                Cutover cutover = new Cutover(stack.home(), terminal);
                double alone = follow(cutover, people, knowledge, file);
                shadow(new Shadow(stack.home(), cutover, terminal), knowledge);
                complete(cutover, people, knowledge, made, alone);
                knowledge(cutover, knowledge);
                back(cutover, people, stack.home(), file);
            }
        } finally {
            delete(folder);
        }
        terminal.line("");
        terminal.table(List.of("what", "measured"), measured);
        wrong.forEach(what -> terminal.failed(what, "report it, with this output", null));
        terminal.note("all of it took " + seconds(begun) + " s");
        return wrong.isEmpty() ? ExitCode.OK : ExitCode.FAILED;
    }

    private Map<String, String> settings() {
        return check
                // Nothing runs long enough to pay for the second compiler.
                ? Map.of(
                        "KB_JAVA_OPTIONS",
                        "-XX:TieredStopAtLevel=1 " + System.getenv().getOrDefault("KB_JAVA_OPTIONS", ""))
                : Map.of();
    }

    private static void require(String option, int number, int least, int most) {
        if (number < least || number > most) {
            throw CommandFailedException.usage(
                    option + " is a number from " + least + " to " + most, "repeat with such a number");
        }
    }

    /** Returns how fast people write alone. */
    private double follow(Cutover cutover, People people, Knowledge knowledge, Path file)
            throws InterruptedException, SQLException {
        Map<String, Object> source = Map.of("sqlite", file.toString(), "qdrant", knowledge.source());
        Instant inspecting = Instant.now();
        JsonNode report = cutover.inspect(source);
        long odd = report.path("tables").values().stream()
                .flatMap(table -> table.path("hazards").values().stream())
                .mapToLong(hazard -> hazard.path("rows").asLong())
                .sum();
        measured("inspect", "%,d odd values in %s s", odd, seconds(inspecting));
        People.Waits alone = people.burst(secondsOfMeasuring());
        people.start(writes);
        awaitWrites(people);
        waits("waits of people before", people.pause());
        people.start(writes);
        Instant starting = Instant.now();
        cutover.start(source);
        JsonNode status = cutover.awaitStreaming();
        double seconds =
                Math.max(0.001, Duration.between(starting, Instant.now()).toMillis() / 1000.0);
        long read = sum(status, "rowsRead");
        measured("start, while people write", "%,d rows in %.1f s: %,.0f/s", read, seconds, read / seconds);
        Instant importing = Instant.now();
        cutover.awaitImport();
        measured("Qdrant's documents, while people write", "found by searches after %s s more", seconds(importing));
        lag(cutover);
        Instant verifying = Instant.now();
        JsonNode verification = cutover.verify();
        measured("verify, while people write", "%s in %s s", outcome(verification), seconds(verifying));
        expect(isEqual(verification), "the comparison while people write found differences");
        return alone.perSecond();
    }

    private void complete(Cutover cutover, People people, Knowledge knowledge, LegacyDatabase.Made made, double alone)
            throws InterruptedException, SQLException {
        waits("waits of people while captured", people.pause());
        People.Waits captured = people.burst(secondsOfMeasuring());
        measured(
                "writes without a pause",
                "%,.0f/s alone, %,.0f/s while the pipeline works on the same processors",
                alone,
                captured.perSecond());
        awaitLag(cutover, writes);
        people.start(writes);
        JsonNode verification = cutover.verify();
        expect(isEqual(verification), "the second comparison found differences");
        knowledge.change("uploaded-before-the-fence.txt");

        Instant completing = Instant.now();
        CompletableFuture<Void> meanwhile = CompletableFuture.runAsync(() -> changeAfterTheFence(people, knowledge))
                .orTimeout(MINUTES_TO_THE_FENCE, TimeUnit.MINUTES);
        JsonNode status = cutover.complete(false);
        meanwhile.join();
        measured("complete", "%s s, of which %s", seconds(completing), stopped(status));
        String refusal = people.awaitRefusal();
        expect(refusal.contains("has moved to PostgreSQL"), "SQLite refused writes with another message: " + refusal);
        expect(is(status, "cut-over"), "it was not completed: " + Cutover.lastOfHistory(status));
        Map<String, Map<String, Long>> quarantined = new TreeMap<>();
        status.path("tables").values().forEach(table -> {
            Map<String, Long> reasons = new TreeMap<>();
            table.path("quarantined")
                    .properties()
                    .forEach(reason ->
                            reasons.put(reason.getKey(), reason.getValue().asLong()));
            if (!reasons.isEmpty()) {
                quarantined.put(table.path("table").asString(""), reasons);
            }
        });
        measured("quarantined", "%s", quarantined);
        expect(
                quarantined.equals(made.quarantined()),
                "the quarantine should hold " + made.quarantined() + ", not " + quarantined);
    }

    /** While PostgreSQL is not written to yet, so that the last reading of Qdrant begins later. */
    private static void changeAfterTheFence(People people, Knowledge knowledge) {
        try {
            people.awaitRefusal();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        knowledge.change("uploaded-after-the-fence.txt");
    }

    private void shadow(Shadow shadow, Knowledge knowledge) {
        List<Question> questions = new ArrayList<>(shadow.lastQuestions(QUESTIONS));
        expect(!questions.isEmpty(), "nobody with documents has asked anything");
        questions.addAll(knowledge.questions(QUESTIONS));
        Shadow.Result result = shadow.ask(questions, RESULTS);
        measured(
                "shadow reads",
                "%d questions, %,d chunks; overlap@%d: documents %.3f, passages %.3f",
                questions.size(),
                result.chunks(),
                RESULTS,
                result.documents(),
                result.passages());
        expect(result.chunks() > 0, "there was nothing to ask of both searches");
    }

    /** What has become of Qdrant's points, of which the last came after the file was fenced. */
    private void knowledge(Cutover cutover, Knowledge knowledge) throws InterruptedException {
        JsonNode status = cutover.awaitStatus();
        while (status.at("/verification/result/tables").size() > 0) {
            pause();
            status = cutover.awaitStatus();
        }
        JsonNode texts = status.at("/verification/result/texts");
        JsonNode points = cutover.report().path("qdrant");
        Map<String, Long> notKept = new TreeMap<>();
        points.path("notKept")
                .properties()
                .forEach(reason -> notKept.put(
                        reason.getKey(), reason.getValue().path("points").asLong()));
        measured(
                "Qdrant",
                "%,d points in, %,d documents out, %,d texts found again; in none of them: %s",
                points.path("points").asLong(),
                points.path("documents").asLong(),
                texts.path("found").asLong(),
                notKept);
        expect(isEqual(status.path("verification")), "texts of Qdrant's are missing: " + texts);
        expect(points.path("addsUp").asBoolean(), "points of Qdrant's are neither kept nor listed");
        expect(
                points.path("points").asLong() == knowledge.points()
                        && points.path("documents").asLong() == knowledge.documents(),
                knowledge.documents() + " documents should have come of " + knowledge.points() + " points");
        expect(notKept.equals(knowledge.notKept()), "left out should be " + knowledge.notKept() + ", not " + notKept);
        expect(points.path("stable").asBoolean(), "the last round of the import found changes");
    }

    private void back(Cutover cutover, People people, Home home, Path file) throws InterruptedException, SQLException {
        try (Connection postgresql = open(home.database())) {
            compare("PostgreSQL", people, postgresql);
        }
        people.moveTo(open(home.database()));
        people.start(writes);
        awaitWrites(people);
        Instant rollingBack = Instant.now();
        JsonNode status = cutover.rollBack(false);
        measured("rollback", "%s s, of which %s", seconds(rollingBack), stopped(status));
        String refusal = people.awaitRefusal();
        expect(refusal.contains("is in its SQLite file"), "PostgreSQL refused writes with another message: " + refusal);
        expect(is(status, "rolled-back"), "it was not rolled back: " + Cutover.lastOfHistory(status));
        expect(isEqual(status.path("verification")), "both sides differ after the way back");
        try (Connection sqlite = open(file)) {
            compare("SQLite, after the way back", people, sqlite);
            sqlite.createStatement().execute("insert into usage_logs (user_id, action) values ('user-1', 'query')");
        }
    }

    private void compare(String where, People people, Connection database) throws SQLException {
        People.Missed missed = people.compare(database);
        measured("messages in " + where, "lost %d, doubled %d", missed.lost(), missed.doubled());
        expect(missed.lost() == 0 && missed.doubled() == 0, "messages are lost or doubled in " + where);
    }

    private int secondsOfMeasuring() {
        return check ? 2 : 10;
    }

    private void awaitWrites(People people) throws InterruptedException {
        while (people.writes() < (long) secondsOfMeasuring() * writes) {
            pause();
        }
    }

    private void lag(Cutover cutover) throws InterruptedException {
        List<Long> lags = new ArrayList<>();
        Instant until = Instant.now().plusSeconds(secondsOfMeasuring());
        while (Instant.now().isBefore(until)) {
            pause();
            lags.add(cutover.awaitStatus().path("lag").asLong());
        }
        List<Long> sorted = lags.stream().sorted().toList();
        measured(
                "lag under " + writes + " writes/s",
                "%d changes in the median, %d at the most",
                sorted.get(sorted.size() / 2),
                sorted.get(sorted.size() - 1));
    }

    private static void awaitLag(Cutover cutover, long most) throws InterruptedException {
        while (cutover.awaitStatus().path("lag").asLong() > most) {
            pause();
        }
    }

    private void waits(String what, People.Waits waits) {
        measured(
                what,
                "median %.2f ms, 99 of 100 under %.2f ms, the longest %.0f ms, at %.0f writes/s",
                waits.medianMs(),
                waits.p99Ms(),
                waits.worstMs(),
                waits.perSecond());
    }

    private void measured(String what, String format, Object... values) {
        String line = String.format(Locale.ROOT, format, values);
        measured.add(List.of(what, line));
        terminal.done(what + ": " + line);
    }

    private void expect(boolean right, String otherwise) {
        if (!right) {
            wrong.add(otherwise);
        }
    }

    private static boolean is(JsonNode status, String state) {
        return status.path("state").asString("").equals(state);
    }

    private static boolean isEqual(JsonNode verification) {
        return verification.at("/result/equal").asBoolean(false);
    }

    private static String outcome(JsonNode verification) {
        return isEqual(verification) ? "equal" : "different";
    }

    private static String stopped(JsonNode status) {
        return Cutover.lastOfHistory(status);
    }

    private static long sum(JsonNode status, String field) {
        return status.path("tables").values().stream()
                .mapToLong(table -> table.path(field).asLong())
                .sum();
    }

    private static String seconds(Instant since) {
        return String.format(
                Locale.ROOT, "%.1f", Duration.between(since, Instant.now()).toMillis() / 1000.0);
    }

    private static void pause() throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(POLL_MS);
    }

    private static Connection open(Path file) throws SQLException {
        Properties pragmas = new Properties();
        pragmas.setProperty("busy_timeout", "30000");
        pragmas.setProperty("synchronous", "NORMAL");
        return DriverManager.getConnection("jdbc:sqlite:" + file, pragmas);
    }

    private static Connection open(DatabaseAddress database) throws SQLException {
        Properties settings = new Properties();
        settings.setProperty("user", database.user());
        settings.setProperty("password", database.password());
        settings.setProperty("stringtype", "unspecified"); // times are texts in SQLite
        return DriverManager.getConnection(database.jdbcUrl(), settings);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
