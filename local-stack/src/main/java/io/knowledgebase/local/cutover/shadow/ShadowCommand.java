package io.knowledgebase.local.cutover.shadow;

import io.knowledgebase.local.cutover.Cutover;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kb cutover shadow}. */
@Command(
        name = "shadow",
        description = {
            "Ask the new search what was asked before, and tell where it answers otherwise.",
            "Beside it, all texts of the user's that came from Qdrant are compared with the question, by the same model;"
                    + " that is what the old search should have found."
        },
        mixinStandardHelpOptions = true)
public final class ShadowCommand implements Callable<Integer> {

    private static final int MOST_QUESTIONS = 1_000;
    private static final int MOST_RESULTS = 100;
    private static final int SHOWN_CHARACTERS = 60;

    @Option(
            names = "--queries",
            paramLabel = "FILE",
            description = "A question a line: the user, a tab, the question (default: the last messages of users).")
    private @Nullable Path queries;

    @Option(
            names = "--messages",
            paramLabel = "N",
            defaultValue = "50",
            description = "How many messages, from 1 to 1000 (default: ${DEFAULT-VALUE}).")
    private int messages;

    @Option(
            names = "--k",
            paramLabel = "K",
            defaultValue = "10",
            description = "How many results of each, from 1 to 100 (default: ${DEFAULT-VALUE}).")
    private int k;

    @Option(names = "--json", description = "Print a line of JSON for each question, and one for all of them.")
    private boolean json;

    private final Supplier<Home> installation;
    private final Terminal terminal;

    /** With the installation that the environment names. */
    public ShadowCommand() {
        this(Home::ofEnvironment, new Terminal());
    }

    ShadowCommand(Supplier<Home> installation, Terminal terminal) {
        this.installation = installation;
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        require("--messages", messages, MOST_QUESTIONS);
        require("--k", k, MOST_RESULTS);
        Home home = installation.get();
        if (home.setting("KB_TOKEN").isPresent()) {
            throw CommandFailedException.usage(
                    "KB_TOKEN is one user's, and questions are of several", "repeat without KB_TOKEN");
        }
        Cutover cutover = new Cutover(home, terminal);
        Shadow shadow = new Shadow(home, cutover, terminal);
        List<Question> questions = queries == null ? shadow.lastQuestions(messages) : Question.read(queries);
        if (questions.isEmpty() && !cutover.hasPoints()) {
            throw CommandFailedException.of(
                    "the move has no collection of Qdrant's, so there is nothing to ask",
                    "add one: ./kb cutover start --sqlite FILE --qdrant URL --collection NAME");
        }
        if (questions.isEmpty()) {
            throw CommandFailedException.of(
                    "nobody who has documents from Qdrant has asked anything", "name questions with --queries");
        }
        Shadow.Result result = shadow.ask(questions, k);
        if (json) {
            result.comparisons().forEach(one -> terminal.json(json(one)));
            terminal.json(Map.of(
                    "questions", questions.size(),
                    "k", k,
                    "chunks", result.chunks(),
                    "documents", result.documents(),
                    "passages", result.passages()));
        } else {
            result.comparisons().forEach(this::show);
            terminal.line("");
            terminal.line(String.format(
                    Locale.ROOT,
                    "%d questions, %d chunks of Qdrant; overlap@%d: documents %.3f, passages %.3f",
                    questions.size(),
                    result.chunks(),
                    k,
                    result.documents(),
                    result.passages()));
        }
        return ExitCode.OK;
    }

    private static void require(String option, int number, int most) {
        if (number < 1 || number > most) {
            throw CommandFailedException.usage(option + " is a number from 1 to " + most, "repeat with such a number");
        }
    }

    private void show(Comparison one) {
        if (one.missing().isEmpty() && one.added().isEmpty()) {
            return;
        }
        terminal.line(String.format(
                Locale.ROOT,
                "%s: %s  (documents %.2f, passages %.2f)",
                one.question().user(),
                shortened(one.question().text()),
                one.documents(),
                one.passages()));
        one.missing().forEach(passage -> terminal.line("  - " + shown(passage)));
        one.added().forEach(passage -> terminal.line("  + " + shown(passage)));
    }

    private static String shown(Passage passage) {
        return passage.source() + ": " + shortened(passage.text());
    }

    private static String shortened(String text) {
        String line = text.lines().map(String::strip).collect(Collectors.joining(" "));
        return line.length() <= SHOWN_CHARACTERS ? line : line.substring(0, SHOWN_CHARACTERS) + "…";
    }

    private static Map<String, Object> json(Comparison one) {
        return Map.of(
                "user", one.question().user(),
                "question", one.question().text(),
                "documents", one.documents(),
                "passages", one.passages(),
                "missing", one.missing(),
                "added", one.added());
    }
}
