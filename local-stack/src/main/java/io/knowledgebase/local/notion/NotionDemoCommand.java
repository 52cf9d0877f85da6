package io.knowledgebase.local.notion;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.stack.TemporaryStack;
import io.knowledgebase.local.standin.NotionStandIn;
import io.knowledgebase.local.standin.People;
import io.knowledgebase.local.standin.Webhooks;
import io.knowledgebase.local.standin.Workspace;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** {@code kb notion demo}. */
@Command(
        name = "demo",
        description = {
            "Show on a stand-in of Notion that nothing is lost, in about ten minutes.",
            "Fills the stand-in with pages, connects it to an installation of its own, lets people edit while webhooks"
                    + " come late, twice or never, and compares workspace and index. Nothing of it is left behind."
        })
public final class NotionDemoCommand implements Callable<Integer> {

    private static final String USER = "demo";
    private static final int REQUESTS_PER_MINUTE = 6_000;
    static final int USUAL_REQUESTS_PER_MINUTE = 180;
    private static final int FRESH_EDITS = 60;
    private static final Duration FRESH_PAUSE = Duration.ofSeconds(3);
    static final int FEWEST_PAGES = 5;
    static final int MOST_PAGES = 20_000;
    private static final int MOST_EDITS = 100_000;
    private static final double LOST = 0.1;
    private static final double DOUBLED = 0.2;
    private static final Duration LATEST = Duration.ofSeconds(3);
    private static final Duration PATIENCE = Duration.ofMinutes(30);

    @Option(names = "--check", description = "A small one, in less than three minutes.")
    private boolean check;

    @Option(
            names = "--pages",
            paramLabel = "N",
            description = "Pages beside the rows of three tables, from 5 to 20000"
                    + " (default: 100 with --check or --freshness, else 2000).")
    private @Nullable Integer pages;

    @Option(
            names = "--edits",
            paramLabel = "N",
            description = "Random changes, from 1 to 100000 (default: 300 with --check, else 10000).")
    private @Nullable Integer edits;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "7",
            description = "The same for the same pages and changes (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--freshness",
            description = "Measure instead: 60 edits, 20 a minute, at Notion's usual limit of 180 requests a minute.")
    private boolean freshness;

    @Override
    public Integer call() throws InterruptedException {
        requireSense();
        int pageCount = pages != null ? pages : check || freshness ? 100 : 2_000;
        int editCount = edits != null ? edits : check ? 300 : 10_000;
        Instant begun = Instant.now();
        Terminal terminal = new Terminal();
        Workspace workspace = new Workspace(Clock.systemUTC());
        People people = new People(workspace, seed, Clock.systemUTC());
        fill(people, pageCount);
        int code;
        Path root = Path.of(System.getProperty("kb.root", ".")).toAbsolutePath().normalize();
        try (NotionStandIn standIn = NotionStandIn.start(workspace, requestsPerMinute(), 0);
                TemporaryStack stack = TemporaryStack.start(
                        root, List.of(Service.INGEST, Service.EMBED), settings(standIn), terminal);
                Webhooks webhooks = new Webhooks(
                        workspace, stack.home().url(Service.INGEST).resolve("/v1/webhooks/notion"), seed)) {
            code = compare(terminal, workspace, people, editCount, standIn, stack, webhooks);
        }
        terminal.note("all of it took " + Duration.between(begun, Instant.now()).toSeconds() + " s");
        return code;
    }

    private Map<String, String> settings(NotionStandIn standIn) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "KB_NOTION_URL", standIn.uri().toString(),
                "KB_NOTION_DEBOUNCE", "1s",
                "KB_NOTION_RECONCILE_EVERY", "1h"));
        if (check) {
            // Nothing runs long enough to pay for the second compiler: 117 s of processor time instead of 180.
            settings.put(
                    "KB_JAVA_OPTIONS",
                    "-XX:TieredStopAtLevel=1 " + System.getenv().getOrDefault("KB_JAVA_OPTIONS", ""));
        }
        return settings;
    }

    private void requireSense() {
        if (freshness && (check || edits != null)) {
            throw CommandFailedException.usage(
                    "--freshness goes neither with --check nor with --edits", "leave one of them out");
        }
        requireBetween("--pages", pages, FEWEST_PAGES, MOST_PAGES);
        requireBetween("--edits", edits, 1, MOST_EDITS);
    }

    static void fill(People people, int pageCount) {
        people.fill(pageCount, 3, Math.max(10, pageCount / 20));
    }

    static void requireBetween(String option, @Nullable Integer number, int least, int most) {
        if (number != null && (number < least || number > most)) {
            throw CommandFailedException.usage(
                    option + " is a number from " + least + " to " + most, "repeat with such a number");
        }
    }

    private int requestsPerMinute() {
        return freshness ? USUAL_REQUESTS_PER_MINUTE : REQUESTS_PER_MINUTE;
    }

    private int compare(
            Terminal terminal,
            Workspace workspace,
            People people,
            int editCount,
            NotionStandIn standIn,
            TemporaryStack stack,
            Webhooks webhooks)
            throws InterruptedException {
        Notion notion = new Notion(stack.home(), USER, terminal);
        ServiceClient ingest = new ServiceClient(stack.home(), Service.INGEST, USER, List.of());
        Comparison comparison = new Comparison(workspace, ingest);
        JsonNode window = notion.openVerification(60);
        if (webhooks.verify() != 200) {
            throw CommandFailedException.of("the verification token was not taken", "./kb notion demo once more");
        }
        String shown = notion.verification(window.path("windowId").asString(""))
                .path("verificationToken")
                .asString("");
        if (!shown.equals(webhooks.verificationToken())) {
            throw CommandFailedException.of("another verification token is shown", "./kb notion demo once more");
        }
        terminal.done("the webhook is verified");
        notion.connect(Map.of("token", standIn.token(), "requestsPerMinute", requestsPerMinute()));
        int code = notion.follow(first(notion));
        code = Math.max(code, comparison.report(terminal, "after the first sync", PATIENCE));

        if (freshness) {
            new FreshnessProbe(workspace, ingest, USER).run(terminal, FRESH_EDITS, FRESH_PAUSE);
            tellRequests(terminal, standIn);
            return code;
        }
        webhooks.unreliably(LATEST, LOST, DOUBLED);
        terminal.begun(Terminal.counted(editCount, "random change")
                + "; of 10 webhooks one is lost, two come twice, none in order");
        Instant begun = Instant.now();
        for (int i = 0; i < editCount; i++) {
            people.change();
            Thread.sleep(2);
        }
        while (!webhooks.isIdle()) {
            Notion.pause();
        }
        terminal.done(Terminal.counted(editCount, "change") + " in "
                + Duration.between(begun, Instant.now()).toSeconds() + " s");
        code = Math.max(code, notion.follow(notion.sync(Map.of()).get(0)));
        code = Math.max(code, comparison.report(terminal, "after the reconciliation", PATIENCE));
        tellRequests(terminal, standIn);
        return code == ExitCode.OK ? ExitCode.OK : ExitCode.FAILED;
    }

    private static void tellRequests(Terminal terminal, NotionStandIn standIn) {
        terminal.note("at the most " + standIn.mostInAMinute() + " requests in a minute, " + standIn.refused()
                + " refused as too many");
    }

    private static JsonNode first(Notion notion) {
        while (notion.syncs(1).isEmpty()) {
            Notion.pause();
        }
        return notion.syncs(1).get(0);
    }
}
