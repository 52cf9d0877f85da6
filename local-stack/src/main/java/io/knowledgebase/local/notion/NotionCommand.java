package io.knowledgebase.local.notion;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code kb notion}. */
@Command(
        name = "notion",
        description = "Keep pages of Notion as documents that stay fresh; alone it shows the connections.",
        subcommands = {NotionStandInCommand.class, NotionDemoCommand.class})
public final class NotionCommand implements Callable<Integer> {

    private static final String USER = "Whose connections (default: KB_USER, else your login name).";
    private static final String NO_CONNECTION = "no connection; ./kb notion connect makes one";
    private static final int SYNCS = 5;
    private static final int MOST_MINUTES = 60;

    private final Supplier<Home> home;
    private final Terminal terminal;

    /** With the installation that the environment names. */
    public NotionCommand() {
        this(Home::ofEnvironment, new Terminal());
    }

    NotionCommand(Supplier<Home> home, Terminal terminal) {
        this.home = home;
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        return status(null, false);
    }

    @Command(
            name = "connect",
            description = {
                "Connect a workspace by the token of an integration.",
                "The token is asked for, or read from the file or from standard input. Again with another token replaces"
                        + " it."
            },
            mixinStandardHelpOptions = true)
    int connect(
            @Option(names = "--token-file", paramLabel = "FILE", description = "A file that holds the token alone.")
                    @Nullable
                    Path file,
            @Option(
                            names = "--api-version",
                            paramLabel = "DATE",
                            description = "2022-06-28, 2025-09-03 (default) or 2026-03-11.")
                    @Nullable
                    String apiVersion,
            @Option(
                            names = "--requests-per-minute",
                            paramLabel = "N",
                            description = "What Notion allows the integration (default: 180).")
                    @Nullable
                    Integer requestsPerMinute,
            @Option(
                            names = {"-u", "--user"},
                            description = USER)
                    @Nullable
                    String user) {
        Map<String, Object> wish = new HashMap<>();
        wish.put("token", token(file));
        if (apiVersion != null) {
            wish.put("apiVersion", apiVersion);
        }
        if (requestsPerMinute != null) {
            wish.put("requestsPerMinute", requestsPerMinute);
        }
        Notion notion = notion(user);
        List<String> before = connections(notion, null).toList();
        JsonNode connected = notion.connect(wish);
        String id = text(connected, "connectionId");
        terminal.done(
                before.contains(id)
                        ? text(connected, "workspaceName") + " (" + id + ") was connected already and has the new token"
                        : "connected " + text(connected, "workspaceName") + " (" + id
                                + "); its pages are being read, ./kb notion status shows how far");
        return ExitCode.OK;
    }

    private String token(@Nullable Path file) {
        try {
            if (file != null) {
                return Files.readString(file).strip();
            }
            return terminal.askSecretly("token of the integration:").orElseGet(NotionCommand::standardInput);
        } catch (IOException e) {
            throw CommandFailedException.usage(file + " cannot be read", "name a file that holds the token alone");
        }
    }

    private static String standardInput() {
        try {
            return new String(System.in.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Command(
            name = "disconnect",
            description = "Forget a connection and delete its pages.",
            mixinStandardHelpOptions = true)
    int disconnect(
            @Parameters(paramLabel = "ID", description = "A connection's id.", converter = ConnectionId.class)
                    UUID connectionId,
            @Option(
                            names = {"-u", "--user"},
                            description = USER)
                    @Nullable
                    String user) {
        notion(user).disconnect(connectionId.toString());
        terminal.done("the connection goes, with its pages");
        return ExitCode.OK;
    }

    @Command(
            name = "status",
            description = "Show the connections and their last syncs.",
            mixinStandardHelpOptions = true)
    int status(
            @Option(
                            names = {"-u", "--user"},
                            description = USER)
                    @Nullable
                    String user,
            @Option(names = "--json", description = "Print JSON, a connection or sync per line.") boolean json) {
        Notion notion = notion(user);
        List<JsonNode> connections = notion.connections();
        List<JsonNode> syncs = notion.syncs(SYNCS);
        if (json) {
            connections.forEach(terminal::json);
            syncs.forEach(terminal::json);
            return ExitCode.OK;
        }
        if (connections.isEmpty()) {
            terminal.note(NO_CONNECTION);
            return ExitCode.OK;
        }
        terminal.table(
                List.of("connection", "workspace", "state", "pages", "to read", "failing", "reconciled", "detail"),
                connections.stream()
                        .map(connection -> List.of(
                                text(connection, "connectionId"),
                                text(connection, "workspaceName"),
                                Notion.isPaused(connection) ? "paused" : text(connection, "state"),
                                text(connection, "pages"),
                                text(connection, "waiting"),
                                text(connection, "failing"),
                                Terminal.time(connection.path("reconciledAt")),
                                Notion.isPaused(connection) ? Notion.pause(connection) : text(connection, "detail")))
                        .toList());
        if (!syncs.isEmpty()) {
            terminal.line("");
            terminal.table(
                    List.of("sync", "kind", "state", "begun", "counts"),
                    syncs.stream()
                            .map(sync -> List.of(
                                    text(sync, "runId"),
                                    text(sync, "kind"),
                                    text(sync, "state"),
                                    Terminal.time(sync.path("createdAt")),
                                    Notion.counts(sync)))
                            .toList());
        }
        return ExitCode.OK;
    }

    @Command(
            name = "pages",
            description = "List pages and how far they are as Notion has them.",
            mixinStandardHelpOptions = true)
    int pages(
            @Option(
                            names = "--state",
                            description =
                                    "Only current, waiting, failing, out-of-sight, removed or stale ones (default: all).")
                    @Nullable
                    String state,
            @Option(
                            names = "--connection",
                            paramLabel = "ID",
                            description = "One connection (default: all).",
                            converter = ConnectionId.class)
                    @Nullable
                    UUID connectionId,
            @Option(
                            names = {"-u", "--user"},
                            description = USER)
                    @Nullable
                    String user,
            @Option(names = "--json", description = "Print JSON, a page per line.") boolean json) {
        Notion notion = notion(user);
        List<String> connections = connections(notion, connectionId).toList();
        List<JsonNode> pages = connections.stream()
                .flatMap(connection -> notion.pages(connection, state))
                .toList();
        if (json) {
            pages.forEach(terminal::json);
            return ExitCode.OK;
        }
        if (pages.isEmpty()) {
            terminal.note(connections.isEmpty() ? NO_CONNECTION : "no such page");
            return ExitCode.OK;
        }
        terminal.table(
                List.of("page", "state", "title", "path", "read", "detail"),
                pages.stream()
                        .map(page -> List.of(
                                text(page, "pageId"),
                                text(page, "state"),
                                text(page, "title"),
                                text(page, "path"),
                                Terminal.time(page.path("readAt")),
                                text(page, "detail")))
                        .toList());
        return ExitCode.OK;
    }

    private static Stream<String> connections(Notion notion, @Nullable UUID connectionId) {
        return connectionId == null
                ? notion.connections().stream().map(connection -> text(connection, "connectionId"))
                : Stream.of(connectionId.toString());
    }

    private static String text(JsonNode object, String field) {
        return object.path(field).asString("");
    }

    @Command(name = "sync", description = "Compare with Notion now, and follow.", mixinStandardHelpOptions = true)
    int sync(
            @Parameters(paramLabel = "PAGE", arity = "0..*", description = "Ids or links of pages (default: all).")
                    @Nullable
                    List<String> pages,
            @Option(
                            names = "--connection",
                            paramLabel = "ID",
                            description = "One connection (default: all).",
                            converter = ConnectionId.class)
                    @Nullable
                    UUID connectionId,
            @Option(names = "--reread", description = "Read pages too that seem unchanged.") boolean reread,
            @Option(names = "--detach", description = "Begin it and return.") boolean detach,
            @Option(
                            names = {"-u", "--user"},
                            description = USER)
                    @Nullable
                    String user) {
        Notion notion = notion(user);
        Map<String, Object> wish = new HashMap<>();
        wish.put("reread", reread);
        if (pages != null && !pages.isEmpty()) {
            wish.put("pageIds", pages.stream().map(PageId::of).toList());
        }
        if (connectionId != null) {
            wish.put("connectionId", connectionId);
        }
        int code = ExitCode.OK;
        for (JsonNode begun : notion.sync(wish)) {
            if (detach) {
                terminal.done("sync " + text(begun, "runId") + " is begun");
            } else {
                code = Math.max(code, notion.follow(begun));
            }
        }
        return code;
    }

    @Command(
            name = "verification",
            description = {
                "Let one verification token of a webhook in, and show it.",
                "While this waits, set the webhook's address in the settings of the integration at Notion"
                        + " (…/v1/webhooks/notion); then paste the token there."
            },
            mixinStandardHelpOptions = true)
    int verification(
            @Option(
                            names = "--minutes",
                            defaultValue = "10",
                            description = "How long to wait for it, from 1 to 60 (default: ${DEFAULT-VALUE}).")
                    int minutes) {
        NotionDemoCommand.requireBetween("--minutes", minutes, 1, MOST_MINUTES);
        Notion notion = notion(ServiceClient.OPERATOR);
        JsonNode window = notion.openVerification(minutes * 60);
        String windowId = text(window, "windowId");
        Thread close = new Thread(() -> notion.closeVerification(windowId), "close");
        Runtime.getRuntime().addShutdownHook(close); // nothing is let in once nobody waits
        terminal.begun("waiting for Notion's verification token");
        while (window.path("open").asBoolean(false)) {
            Notion.pause();
            window = notion.verification(windowId);
        }
        String token = text(window, "verificationToken");
        if (token.isEmpty()) {
            throw CommandFailedException.of(
                    "no verification token came within " + Terminal.counted(minutes, "minute"),
                    "check the webhook's address at Notion, then repeat");
        }
        terminal.line(token);
        terminal.done("paste it into the integration's page at Notion");
        terminal.note("if Notion refuses it, somebody else was faster: DELETE /v1/notion/subscriptions/"
                + text(window, "subscriptionKey") + ", then repeat");
        return ExitCode.OK;
    }

    private Notion notion(@Nullable String user) {
        return new Notion(home.get(), user == null ? ServiceClient.defaultUser() : user, terminal);
    }
}
