package io.knowledgebase.local.generations;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kb replay}. */
@Command(
        name = "replay",
        description = {
            "Process some documents again, into the live generation, and follow.",
            "Documents are replayed that meet all that is named; kb reindex processes all documents, into another"
                    + " generation.",
            ""
        })
public final class ReplayCommand implements Callable<Integer> {

    private static final Pattern AGO = Pattern.compile("(\\d{1,6})([smhd])");

    @Option(names = "--document", paramLabel = "ID", description = "One document.")
    private @Nullable UUID document;

    @Option(names = "--owner", paramLabel = "USER", description = "One user's documents.")
    private @Nullable String owner;

    @Option(names = "--source-type", paramLabel = "TYPE", description = "Documents of one kind, such as upload.")
    private @Nullable String sourceType;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description = "Documents accepted or changed since: 2026-11-25T10:00:00Z, 2026-11-25, or 90m, 12h, 3d ago.")
    private @Nullable String since;

    @Option(
            names = {"-d", "--detach"},
            description = "Begin and return.")
    private boolean detach;

    @Override
    public Integer call() {
        Map<String, Object> wish = new LinkedHashMap<>();
        if (document != null) {
            wish.put("documentId", document.toString());
        }
        if (owner != null) {
            wish.put("userId", owner);
        }
        if (sourceType != null) {
            wish.put("sourceType", sourceType);
        }
        if (since != null) {
            wish.put("since", time(since, Instant.now()).toString());
        }
        if (wish.isEmpty()) {
            throw CommandFailedException.usage(
                    "it is not said which documents",
                    "name --document, --owner, --source-type or --since; ./kb reindex processes all of them");
        }
        Terminal terminal = new Terminal();
        Replays replays = new Replays(Home.ofEnvironment(), terminal);
        int documents = replays.replay(wish);
        if (documents == 0) {
            terminal.note("no such document, or all of them are under way anyway");
            return ExitCode.OK;
        }
        terminal.done(documents + (documents == 1 ? " document is" : " documents are") + " processed again");
        if (!detach) {
            replays.follow();
        }
        return ExitCode.OK;
    }

    /** A time, a day's beginning in UTC, or so long ago. */
    static Instant time(String text, Instant now) {
        Matcher ago = AGO.matcher(text.toLowerCase(Locale.ROOT));
        if (ago.matches()) {
            long number = Long.parseLong(ago.group(1));
            return now.minus(
                    switch (ago.group(2)) {
                        case "s" -> Duration.ofSeconds(number);
                        case "m" -> Duration.ofMinutes(number);
                        case "h" -> Duration.ofHours(number);
                        default -> Duration.ofDays(number);
                    });
        }
        try {
            return text.indexOf('T') < 0
                    ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
                    : Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw CommandFailedException.usage(
                    "--since " + text + " is not a time", "write 2026-11-25T10:00:00Z, 2026-11-25, or 90m, 12h, 3d");
        }
    }
}
