package io.knowledgebase.local.cutover;

import io.knowledgebase.local.cutover.demo.CutoverDemoCommand;
import io.knowledgebase.local.cutover.shadow.ShadowCommand;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** {@code kb cutover}. */
@Command(
        name = "cutover",
        description = {
            "Move from SQLite and Qdrant to PostgreSQL while people go on working.",
            "Alone it shows how far it is."
        },
        subcommands = {CutoverDemoCommand.class, ShadowCommand.class})
public final class CutoverCommand implements Callable<Integer> {

    private static final long MEBIBYTE = 1 << 20;
    private static final int POINTS_OF_A_PAGE = 1_000;
    private static final int DOCUMENTS_OF_A_PAGE = 1_000;
    /** Of each list of the report. */
    private static final int MOST_LISTED = 10_000;

    private static final String COMPLETED = "cut-over";
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("uuuuMMdd-HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final Supplier<Home> home;
    private final Terminal terminal;

    /** With the installation that the environment names. */
    public CutoverCommand() {
        this(Home::ofEnvironment, new Terminal());
    }

    CutoverCommand(Supplier<Home> home, Terminal terminal) {
        this.home = home;
        this.terminal = terminal;
    }

    private Cutover cutover() {
        return new Cutover(home.get(), terminal);
    }

    @Override
    public Integer call() {
        return status(false);
    }

    @Command(
            name = "inspect",
            description = {
                "Tell what a database holds and what will happen with each oddity.",
                "Of Qdrant it tells what the collection holds. Nothing is changed."
            },
            mixinStandardHelpOptions = true)
    int inspect(
            @Mixin SourceOptions source,
            @Option(names = "--json", description = "Print one line of JSON.") boolean json,
            @Option(names = "--html", paramLabel = "FILE", description = "Write one page of HTML, too.") @Nullable
                    Path html,
            @Option(
                            names = "--write-mapping",
                            paramLabel = "FILE",
                            description = "Write a mapping of what is not migrated, to be edited for --mapping.")
                    @Nullable
                    Path mapping) {
        if (mapping != null && Files.exists(mapping)) {
            throw isThere(mapping);
        }
        JsonNode found = cutover().inspect(source.wish());
        Sheet report = InspectionReport.of(found);
        if (html != null) {
            write(html, report.html());
        }
        if (mapping != null) {
            write(mapping, MappingFile.of(found.path("unmapped")), StandardOpenOption.CREATE_NEW);
        }
        if (json) {
            terminal.json(found);
        } else {
            report.print(terminal);
        }
        Stream.of(html, mapping).filter(Objects::nonNull).forEach(file -> terminal.done("written to " + file));
        return ExitCode.OK;
    }

    private static CommandFailedException isThere(Path file) {
        return CommandFailedException.usage(
                file + " is there already, and may have been edited", "name a file that is not there, or delete it");
    }

    private static void write(Path file, String text, OpenOption... how) {
        try {
            Files.writeString(file, text, how);
        } catch (FileAlreadyExistsException e) {
            throw isThere(file);
        } catch (IOException e) {
            throw CommandFailedException.usage(file + " cannot be written", "name a file in a folder that there is");
        }
    }

    @Command(
            name = "start",
            description = {
                "Read all rows and follow every change.",
                "Triggers and a log table are put into the file. Qdrant's points become documents. Again with the same"
                        + " file it does nothing but to put down how Qdrant is reached."
            },
            mixinStandardHelpOptions = true)
    int start(
            @Mixin SourceOptions source,
            @Option(names = "--detach", description = "Begin it and return.") boolean detach) {
        Cutover cutover = cutover();
        Map<String, Object> wish = source.wish();
        cutover.start(wish);
        if (detach) {
            terminal.done("it is under way; ./kb cutover status shows how far");
            return ExitCode.OK;
        }
        JsonNode now = cutover.awaitStreaming();
        terminal.done("all rows are here, changes follow");
        if (wish.containsKey("qdrant")) {
            now = cutover.awaitImport();
            terminal.done("Qdrant's documents are here");
        }
        show(now);
        return ExitCode.OK;
    }

    @Command(name = "status", description = "Show how far the move is.", mixinStandardHelpOptions = true)
    int status(@Option(names = "--json", description = "Print one line of JSON.") boolean json) {
        JsonNode now = cutover().status();
        if (json) {
            terminal.json(now);
        } else {
            show(now);
        }
        return ExitCode.OK;
    }

    private void show(JsonNode now) {
        terminal.line("state     " + text(now, "state") + " since " + text(now, "since"));
        if (now.path("wish").isString()) {
            terminal.line("wish      " + text(now, "wish"));
        }
        JsonNode exports = now.path("exports");
        if (exports.isObject()) {
            terminal.line("exports   " + text(exports, "folder") + ", the last one " + text(exports, "last"));
            exports.path("ignored")
                    .values()
                    .forEach(one -> terminal.line("ignored   " + text(one, "file") + ": " + text(one, "reason")));
        }
        if (now.path("sqlite").isString()) {
            terminal.line("file      " + text(now, "sqlite"));
        }
        if (exports.isObject() || now.path("sqlite").isString()) {
            terminal.line("lag       " + text(now, "lag") + " changes, "
                    + now.path("perSecond").asInt() + "/s" + remaining(now.path("remainingSeconds")));
        }
        if (List.of(COMPLETED, "closed").contains(text(now, "state"))) {
            terminal.line("database  " + home.get().chatAddress());
        }
        if (now.path("problem").isString()) {
            terminal.line("problem   " + text(now, "problem"));
        }
        now.path("blockers").values().forEach(blocker -> terminal.line("blocks    " + blocker.asString("")));
        JsonNode back = now.path("wayBack");
        if (back.isObject()) {
            terminal.line("way back  " + text(back, "rowsTakenBack") + " rows written to the file, "
                    + back.path("retainedBytes").asLong() / MEBIBYTE + " MiB of PostgreSQL's log kept ("
                    + text(back, "walStatus") + ")");
            back.path("refused")
                    .properties()
                    .forEach(table ->
                            terminal.line("refused   " + table.getValue().asString() + " rows of " + table.getKey()
                                    + ": see cutover_not_taken_back"));
        }
        JsonNode points = now.path("qdrant");
        if (points.isObject()) {
            terminal.line("qdrant    round " + text(points, "round") + " " + text(points, "phase") + ": "
                    + points.at("/changes/pointsRead").asString("") + " of " + text(points, "pointsThere")
                    + " points read; documents not indexed yet "
                    + points.at("/indexing/waiting").asString("") + ", failed "
                    + points.at("/indexing/failed").asString(""));
        }
        JsonNode verified = now.path("verification");
        if (verified.isObject()) {
            terminal.line("verified  " + outcome(verified));
        }
        List<List<String>> rows = now.path("tables").values().stream()
                .map(table -> List.of(
                        text(table, "table"),
                        text(table, "rowsAtStart"),
                        text(table, "rowsRead"),
                        text(table, "changes"),
                        table.path("quarantined").properties().stream()
                                .map(reason -> reason.getValue().asString() + " " + reason.getKey())
                                .collect(Collectors.joining(", "))))
                .toList();
        if (!rows.isEmpty()) {
            terminal.line("");
            terminal.table(List.of("table", "rows at start", "read", "changes", "quarantined"), rows);
        }
    }

    private static String remaining(JsonNode seconds) {
        return seconds.isNumber() && seconds.asLong() > 0
                ? ", "
                        + Duration.ofSeconds(seconds.asLong())
                                .toString()
                                .substring(2)
                                .toLowerCase(Locale.ROOT) + " left"
                : "";
    }

    private static String outcome(JsonNode verification) {
        if (verification.path("finishedAt").isNull()) {
            return "under way";
        }
        return (verification.path("failure").isString()
                        ? "not possible: " + text(verification, "failure")
                        : verification.at("/result/equal").asBoolean() ? "equal" : "different")
                + " at " + text(verification, "finishedAt");
    }

    @Command(
            name = "verify",
            description = {"Compare all rows of both sides.", "It ends with 0 only if they are equal."},
            mixinStandardHelpOptions = true)
    int verify(@Option(names = "--json", description = "Print one line of JSON.") boolean json) {
        JsonNode verification = cutover().verify();
        JsonNode result = verification.path("result");
        if (json) {
            terminal.json(verification);
        } else if (result.isObject()) {
            terminal.table(
                    List.of("table", "rows", "compared", "quarantined", "missing", "different", "extra", "such as"),
                    result.path("tables").values().stream()
                            .map(table -> List.of(
                                    text(table, "table"),
                                    text(table, "rows"),
                                    text(table, "compared"),
                                    text(table, "quarantined"),
                                    text(table, "missing"),
                                    text(table, "different"),
                                    text(table, "extra"),
                                    table.path("examples").values().stream()
                                            .map(JsonNode::asString)
                                            .collect(Collectors.joining(" "))))
                            .toList());
        }
        JsonNode texts = result.path("texts");
        if (!json && texts.isObject()) {
            terminal.line("Qdrant: " + text(texts, "found") + " texts found in " + text(texts, "documents")
                    + " documents; missing " + text(texts, "missing") + ", changed here since "
                    + text(texts, "changedHere") + ", documents not indexed " + text(texts, "notIndexed"));
        }
        if (verification.path("failure").isString()) {
            throw CommandFailedException.of(
                    "the comparison was not possible: " + text(verification, "failure"), "do what it says, or repeat");
        }
        if (!result.path("equal").asBoolean()) {
            throw CommandFailedException.of(
                    "both sides differ", "./kb cutover status shows whether all changes have arrived; then repeat");
        }
        terminal.done("both sides are equal");
        return ExitCode.OK;
    }

    @Command(
            name = "complete",
            description = {
                "Make PostgreSQL the one that is written to.",
                "Writes to the file are refused from then on. It needs a fresh comparison that found both sides equal."
            },
            mixinStandardHelpOptions = true)
    int complete(
            @Option(names = "--force", description = "Although something speaks against it, which is recorded.")
                    boolean force) {
        Cutover cutover = cutover();
        JsonNode now = cutover.complete(force);
        if (!text(now, "state").equals(COMPLETED) && Cutover.isWithdrawn(now)) {
            throw CommandFailedException.of(
                    "it was withdrawn; the application's file takes writes as before",
                    "nothing, or ./kb cutover complete again");
        }
        if (!text(now, "state").equals(COMPLETED)) {
            throw CommandFailedException.of(
                    Cutover.lastOfHistory(now),
                    "the application's file takes writes as before; ./kb cutover verify tells what differs");
        }
        terminal.done("PostgreSQL is written to from now on: " + Cutover.lastOfHistory(now));
        terminal.line("the application's database: " + home.get().chatAddress());
        keepEvidence(cutover, "completed");
        tellQuarantined(now);
        now.path("blockers").values().forEach(blocker -> terminal.note(blocker.asString("")));
        return ExitCode.OK;
    }

    @Command(
            name = "rollback",
            description = {
                "Make SQLite the one that is written to again.",
                "The file gets what was written in PostgreSQL since the cutover. A new move may be started later."
            },
            mixinStandardHelpOptions = true)
    int rollBack(
            @Option(names = "--force", description = "Although both sides differ, which is recorded.") boolean force) {
        Cutover cutover = cutover();
        JsonNode now = cutover.rollBack(force);
        if (!text(now, "state").equals("rolled-back") && Cutover.isWithdrawn(now)) {
            throw CommandFailedException.of(
                    "it was withdrawn; PostgreSQL is written to as before", "nothing, or ./kb cutover rollback again");
        }
        if (!text(now, "state").equals("rolled-back")) {
            throw CommandFailedException.of(
                    Cutover.lastOfHistory(now),
                    "PostgreSQL is written to as before; ./kb cutover status tells what the file cannot take");
        }
        terminal.done("SQLite is written to from now on: " + Cutover.lastOfHistory(now));
        if (now.path("exports").isObject()) {
            terminal.note("the application's file, with all that was written since, is " + text(now, "sqlite"));
        }
        keepEvidence(cutover, "rolled-back");
        return ExitCode.OK;
    }

    @Command(
            name = "withdraw",
            description = {
                "Take back that the move is to be completed or rolled back.",
                "While it is not done yet; the application goes on where it writes now."
            },
            mixinStandardHelpOptions = true)
    int withdraw() {
        Cutover cutover = cutover();
        String wish = text(cutover.status(), "wish");
        JsonNode now = cutover.withdraw();
        String withdrawn = switch (Cutover.isWithdrawn(now) ? wish : "") {
            case "" -> "nothing was under way";
            case "complete" -> "that it be completed is withdrawn";
            case "roll-back" -> "the way back is withdrawn";
            default -> "what was under way is withdrawn";
        };
        terminal.done(withdrawn + "; the move is " + text(now, "state"));
        return ExitCode.OK;
    }

    @Command(
            name = "report",
            description = {
                "Show what is proved about the move: history, comparisons, rows aside.",
                "It lists documents added or changed since the cutover, too, which no way back can take."
            },
            mixinStandardHelpOptions = true)
    int report(
            @Option(names = "--json", description = "Print one line of JSON.") boolean json,
            @Option(names = "--html", paramLabel = "FILE", description = "Write one page of HTML, too.") @Nullable
                    Path html,
            @Option(
                            names = "--originals",
                            paramLabel = "FOLDER",
                            description =
                                    "Write the originals of documents added or changed since the cutover into a folder"
                                            + " of each user.")
                    @Nullable
                    Path originals) {
        Cutover cutover = cutover();
        JsonNode evidence = cutover.report();
        if (json) {
            terminal.json(evidence);
        } else {
            EvidenceReport.of(evidence).print(terminal);
            tellWhatIsNotListed(evidence);
        }
        if (html != null) {
            write(html, EvidenceReport.of(evidence).html());
            terminal.done("written to " + html);
        }
        if (originals != null) {
            long written = writeOriginals(cutover, new Originals(home.get(), originals));
            terminal.done(
                    written == 0
                            ? "no originals are kept"
                            : Terminal.counted(written, "original") + " in " + originals);
        }
        return ExitCode.OK;
    }

    private void tellWhatIsNotListed(JsonNode evidence) {
        for (String list : List.of("quarantine", "notTakenBack", "newDocuments")) {
            if (evidence.path(list).size() == MOST_LISTED) {
                terminal.note("of " + list + " only the first " + MOST_LISTED + " are listed"
                        + (list.equals("newDocuments") ? "; --originals writes all of them" : ""));
            }
        }
    }

    private static long writeOriginals(Cutover cutover, Originals originals) {
        long written = 0;
        JsonNode page = cutover.newDocuments(null, DOCUMENTS_OF_A_PAGE);
        while (!page.isEmpty()) {
            originals.write(page);
            written += page.size();
            page = cutover.newDocuments(text(page.get(page.size() - 1), "documentId"), DOCUMENTS_OF_A_PAGE);
        }
        return written;
    }

    /** What stays behind if nobody looks after it. */
    private void tellQuarantined(JsonNode now) {
        long rows = Cutover.quarantined(now);
        if (rows > 0) {
            terminal.note(Terminal.counted(rows, "row") + (rows == 1 ? " is" : " are")
                    + " not in PostgreSQL: ./kb cutover report lists " + (rows == 1 ? "it" : "them"));
        }
    }

    /** Keeps what is proved at this moment. */
    private void keepEvidence(Cutover cutover, String state) {
        String name = "cutover-" + state + "-" + STAMP.format(Instant.now()) + ".json";
        Path reports = home.get().reports();
        Path file = reports.resolve(name);
        try {
            Files.createDirectories(reports);
        } catch (IOException e) {
            throw CommandFailedException.of(reports + " cannot be made", "./kb cutover report --json shows it");
        }
        write(file, cutover.report().toPrettyString() + "\n");
        terminal.done("the evidence is in " + file);
    }

    @Command(
            name = "points",
            description = {
                "List points of Qdrant that are in no document, each with its reason.",
                "The report has their number by reason."
            },
            mixinStandardHelpOptions = true)
    int points(
            @Option(names = "--reason", paramLabel = "REASON", description = "Only those that have it.") @Nullable
                    String reason,
            @Option(names = "--json", description = "Print a line of JSON for each.") boolean json) {
        Cutover cutover = cutover();
        JsonNode page = cutover.points(reason, "", POINTS_OF_A_PAGE);
        while (!page.isEmpty()) {
            for (JsonNode point : page) {
                if (json) {
                    terminal.json(point);
                } else {
                    terminal.line(String.join(
                            "  ",
                            text(point, "pointId"),
                            text(point, "reason"),
                            text(point, "owner"),
                            text(point, "sourceType"),
                            text(point, "source"),
                            text(point, "chunkId")));
                }
            }
            page = cutover.points(reason, text(page.get(page.size() - 1), "pointId"), POINTS_OF_A_PAGE);
        }
        return ExitCode.OK;
    }

    @Command(
            name = "close",
            description = {
                "Give the way back up.",
                "PostgreSQL's log is not kept for it any longer; the file stays as it is and refuses writes."
            },
            mixinStandardHelpOptions = true)
    int close(
            @Option(names = "--force", description = "Although Qdrant's last points are missing, which is recorded.")
                    boolean force) {
        Cutover cutover = cutover();
        JsonNode before = cutover.status();
        if (text(before, "state").equals(COMPLETED)) {
            tellQuarantined(before);
        }
        cutover.close(force);
        terminal.done("the move is closed");
        keepEvidence(cutover, "closed");
        return ExitCode.OK;
    }

    @Command(
            name = "clean",
            description = {"End a move that is not completed.", "Its triggers and its log are removed from the file."},
            mixinStandardHelpOptions = true)
    int clean() {
        JsonNode now = cutover().clean();
        if (Cutover.isNoted(now)) {
            terminal.done("the move is " + text(now, "state"));
            terminal.note(Cutover.lastOfHistory(now));
        } else {
            terminal.done("the file is as it was, and the move is " + text(now, "state"));
        }
        return ExitCode.OK;
    }

    private static String text(JsonNode object, String field) {
        return object.path(field).asString("");
    }
}
