package io.knowledgebase.local.notion;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.servers.Ports;
import io.knowledgebase.local.standin.NotionStandIn;
import io.knowledgebase.local.standin.People;
import io.knowledgebase.local.standin.Webhooks;
import io.knowledgebase.local.standin.Workspace;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kb notion stand-in}. */
@Command(
        name = "stand-in",
        description = {
            "Serve a workspace as Notion does, to try things without Notion.",
            "Prints the token to connect with, and goes on until Ctrl-C; then all of it is forgotten."
        })
public final class NotionStandInCommand implements Callable<Integer> {

    private static final long SEED = 7;
    private static final int MOST_EDITS = 6_000;
    private static final Duration BETWEEN_VERIFICATIONS = Duration.ofSeconds(2);

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "8090",
            description = "Where it listens, on this machine alone (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--pages",
            paramLabel = "N",
            defaultValue = "20",
            description = "Pages beside the rows of three tables, from 5 to 20000 (default: ${DEFAULT-VALUE}).")
    private int pages;

    @Option(
            names = "--edits-per-minute",
            paramLabel = "N",
            defaultValue = "0",
            description = "Random changes by people, from 0 to 6000 (default: ${DEFAULT-VALUE}).")
    private int edits;

    @Option(
            names = "--webhooks",
            description = "Tell ingest-service of edits, once ./kb notion verification has let the token in.")
    private boolean webhooks;

    private final Supplier<Home> home;
    private final Terminal terminal;

    /** With the installation that the environment names. */
    public NotionStandInCommand() {
        this(Home::ofEnvironment, new Terminal());
    }

    NotionStandInCommand(Supplier<Home> home, Terminal terminal) {
        this.home = home;
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        NotionDemoCommand.requireBetween("--port", port, 1, 65_535);
        NotionDemoCommand.requireBetween(
                "--pages", pages, NotionDemoCommand.FEWEST_PAGES, NotionDemoCommand.MOST_PAGES);
        NotionDemoCommand.requireBetween("--edits-per-minute", edits, 0, MOST_EDITS);
        if (!Ports.isFree(port)) {
            throw CommandFailedException.of(
                    "port " + port + " is taken by another program", "name a free one with --port");
        }
        Workspace workspace = new Workspace(Clock.systemUTC());
        People people = new People(workspace, SEED, Clock.systemUTC());
        NotionDemoCommand.fill(people, pages);
        try (NotionStandIn standIn =
                NotionStandIn.start(workspace, NotionDemoCommand.USUAL_REQUESTS_PER_MINUTE, port)) {
            terminal.done("a stand-in of Notion serves "
                    + Terminal.counted(workspace.pages().size(), "page") + " at " + standIn.uri());
            terminal.line("");
            terminal.line("  token    " + standIn.token());
            terminal.line("  start    KB_NOTION_URL=" + standIn.uri() + " ./kb up --detach");
            terminal.line("  connect  ./kb notion connect");
            terminal.line("");
            terminal.note("Ctrl-C ends it");
            live(workspace, people);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return ExitCode.OK;
    }

    private void live(Workspace workspace, People people) throws InterruptedException {
        if (!webhooks) {
            edit(people, () -> {});
            return;
        }
        try (Webhooks sent =
                new Webhooks(workspace, home.get().url(Service.INGEST).resolve("/v1/webhooks/notion"), SEED)) {
            terminal.begun("./kb notion verification lets the webhook's token in");
            edit(people, new Verification(sent));
        }
    }

    private void edit(People people, Runnable meanwhile) throws InterruptedException {
        Instant begun = Instant.now();
        long made = 0;
        while (true) {
            long due = Duration.between(begun, Instant.now()).toMillis() * edits / 60_000;
            for (; made < due; made++) {
                people.change();
            }
            meanwhile.run();
            Thread.sleep(100);
        }
    }

    /** Offers the token until it is taken. */
    private final class Verification implements Runnable {

        private final Webhooks sent;
        private Instant next = Instant.now();
        private boolean taken;

        private Verification(Webhooks sent) {
            this.sent = sent;
        }

        @Override
        public void run() {
            if (taken || Instant.now().isBefore(next)) {
                return;
            }
            next = Instant.now().plus(BETWEEN_VERIFICATIONS);
            taken = sent.verify() == 200;
            if (taken) {
                terminal.done("the token " + sent.verificationToken() + " was taken; edits are told from now on");
            }
        }
    }
}
