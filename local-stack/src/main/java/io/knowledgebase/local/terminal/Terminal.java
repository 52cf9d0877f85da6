package io.knowledgebase.local.terminal;

import io.knowledgebase.local.servers.ServerFailedException;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The lines of a command: results go to standard output, how it is getting on and what went wrong to standard error. */
public final class Terminal {

    private static final int WIDEST_CELL = 60;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final PrintStream out;
    private final PrintStream progress;

    public Terminal() {
        this(utf8(System.out), utf8(System.err));
    }

    /** Lines that go elsewhere. */
    public Terminal(PrintStream out, PrintStream progress) {
        this.out = out;
        this.progress = progress;
    }

    private static PrintStream utf8(PrintStream stream) {
        return new PrintStream(stream, true, StandardCharsets.UTF_8);
    }

    /** True if somebody watches standard error; the launcher knows. */
    public static boolean showsProgress() {
        return Boolean.getBoolean("kb.progress");
    }

    /** Asks whoever sits at standard input; empty if nobody does. */
    public Optional<String> ask(String question) {
        if (!Boolean.getBoolean("kb.answers")) {
            return Optional.empty();
        }
        progress.print("  ? " + printable(question) + " ");
        progress.flush();
        try {
            String answer = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
            return Optional.of(answer == null ? "" : answer.strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As {@link #ask}, but at a console the answer is not shown while it is typed. */
    public Optional<String> askSecretly(String question) {
        Console console = Boolean.getBoolean("kb.answers") ? System.console() : null;
        if (console == null) {
            return ask(question);
        }
        char[] answer = console.readPassword("  ? %s ", printable(question));
        return Optional.of(answer == null ? "" : new String(answer).strip());
    }

    /** A line of the result. */
    public void line(String text) {
        out.println(printable(text));
    }

    /** The result for a script: one line of JSON. */
    public void json(Object value) {
        out.println(JSON.writeValueAsString(value));
    }

    public void begun(String what) {
        progress.println("  … " + printable(what));
    }

    public void done(String what) {
        progress.println("  ✓ " + printable(what));
    }

    public void note(String what) {
        progress.println("  · " + printable(what));
    }

    public void failed(String what, String mend, @Nullable Path log) {
        progress.println("  ✗ " + printable(what));
        progress.println("    mend: " + printable(mend));
        if (log != null) {
            progress.println("    log:  " + log);
        }
    }

    /** Prints why a command failed and answers its exit code. */
    public int failed(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof CommandFailedException known) {
            failed(String.valueOf(known.getMessage()), known.mend(), known.log());
            return known.exitCode();
        }
        if (cause instanceof ServerFailedException server) {
            String why =
                    server.getCause() == null ? "" : ": " + server.getCause().getMessage();
            failed(server.getMessage() + why, "read the log's last lines; ./kb doctor checks the rest", server.log());
            return ExitCode.FAILED;
        }
        failed(cause.toString(), "repeat with KB_DEBUG=1 for the stack trace", null);
        if (System.getenv("KB_DEBUG") != null) {
            cause.printStackTrace(progress);
        }
        return ExitCode.FAILED;
    }

    /** Rows as columns of equal width under their headings; all cells but a row's last one are shortened to fit. */
    public void table(List<String> headings, List<List<String>> rows) {
        List<List<String>> all = Stream.concat(Stream.of(headings), rows.stream())
                .map(row -> IntStream.range(0, row.size())
                        .mapToObj(i -> i + 1 < row.size() ? shortened(cell(row.get(i))) : cell(row.get(i)))
                        .toList())
                .toList();
        int[] widths = new int[headings.size()];
        for (List<String> row : all) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], length(row.get(i)));
            }
        }
        for (List<String> row : all) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                line.append(row.get(i)).append(" ".repeat(widths[i] - length(row.get(i)) + 2));
            }
            out.println(line.toString().stripTrailing());
        }
    }

    /** So many of them, as in {@code 1 page} and {@code 2 pages}. */
    public static String counted(long number, String one) {
        return number + " " + one + (number == 1 ? "" : "s");
    }

    /** An API's time to the second; empty if there is none. */
    public static String time(JsonNode time) {
        return time.isString()
                ? OffsetDateTime.parse(time.stringValue())
                        .truncatedTo(ChronoUnit.SECONDS)
                        .toInstant()
                        .toString()
                : "";
    }

    private static String cell(String text) {
        return printable(text).replace('\n', ' ');
    }

    /** A path tells most at its end. */
    private static String shortened(String cell) {
        int tooMany = length(cell) - WIDEST_CELL;
        return tooMany <= 0 ? cell : "…" + cell.substring(cell.offsetByCodePoints(0, tooMany + 1));
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    /** Texts of documents and their names must not steer the terminal. */
    private static String printable(String text) {
        return text.codePoints()
                .map(c -> Character.isISOControl(c) && c != '\n' && c != '\t' ? '\uFFFD' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
