package io.knowledgebase.local.stack;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.servers.ChildProcess;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import io.knowledgebase.local.token.TokenMinter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kb up}. */
@Command(
        name = "up",
        description = "Start PostgreSQL, Kafka and the services; what runs already is left alone.",
        footer = {
            "",
            "Settings (environment): KB_HOME, KB_INGEST_PORT, KB_EMBED_PORT, KB_SEARCH_PORT, KB_POSTGRES_PORT,",
            "KB_KAFKA_PORT, KB_KAFKA_CONTROLLER_PORT, KB_JAVA_OPTIONS; KB_DATABASE_URL and KB_KAFKA_BOOTSTRAP for",
            "servers that exist already. Ports are remembered in KB_HOME."
        })
public final class UpCommand implements Callable<Integer> {

    private static final Duration TOKEN_VALIDITY = Duration.ofDays(30);
    private static final long WATCH_MS = 500;
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    private static final Duration STEADY = Duration.ofMinutes(1);

    @Option(
            names = {"-d", "--detach"},
            description = "Leave everything running and return; ./kb down stops it.")
    private boolean detach;

    /** What an end of this command stops. */
    private enum Stops {
        NOTHING,
        WHAT_IT_STARTED,
        EVERYTHING
    }

    private volatile Stops stops = Stops.NOTHING;
    private volatile boolean stopping;

    @Override
    public Integer call() {
        Home home = Home.ofEnvironment();
        Terminal terminal = new Terminal();
        Stack stack = new Stack(home, terminal);
        Instant begun = Instant.now();
        stops = detach ? Stops.NOTHING : Stops.WHAT_IT_STARTED;
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(stack, terminal), "stop"));
        boolean started;
        try {
            started = stack.start();
        } catch (RuntimeException e) {
            if (stopping) {
                return ExitCode.FAILED;
            }
            throw e;
        }
        terminal.done(String.format(
                Locale.ROOT,
                "ready after %.1f s",
                Duration.between(begun, Instant.now()).toMillis() / 1000.0));
        printAccess(home, terminal);
        if (!detach && !started) {
            stops = Stops.NOTHING;
            terminal.note("everything ran already; ./kb down stops it");
        } else if (!detach) {
            stops = Stops.EVERYTHING;
            terminal.note("Ctrl-C stops all of it");
            watch(stack, terminal);
        }
        return ExitCode.OK;
    }

    private static void printAccess(Home home, Terminal terminal) {
        String user = ServiceClient.defaultUser();
        terminal.line("");
        terminal.line("  search   " + home.url(Service.SEARCH));
        terminal.line("  ingest   " + home.url(Service.INGEST));
        terminal.line("  embed    " + home.url(Service.EMBED));
        terminal.line("  logs     " + home.logs());
        if (home.setting("KB_ACCESS_JWKS_URI").isPresent()) {
            return;
        }
        String token = new TokenMinter(home.accessSecret(), Clock.systemUTC()).mint(user, List.of(), TOKEN_VALIDITY);
        terminal.line("");
        terminal.line("  token for the user " + user + ", valid for " + TOKEN_VALIDITY.toDays() + " days:");
        terminal.line("  " + token);
        terminal.line("");
        terminal.line("  ./kb upload README.md && ./kb search \"how does it work\", or:");
        terminal.line(
                "  curl -H 'Authorization: Bearer " + token + "' '" + home.url(Service.SEARCH) + "/v1/search?q=hello'");
        terminal.line("");
    }

    private void watch(Stack stack, Terminal terminal) {
        Duration pause = Duration.ofSeconds(1);
        Instant lastEnd = Instant.EPOCH;
        while (!stopping) {
            if (stack.isDown()) {
                stops = Stops.NOTHING;
                terminal.note("./kb down or ./kb reset was called");
                return;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(WATCH_MS);
                List<String> ended = stopping || stack.isDown() ? List.of() : stack.ended();
                if (ended.isEmpty()) {
                    continue;
                }
                pause = lastEnd.plus(STEADY).isBefore(Instant.now()) ? Duration.ofSeconds(1) : doubled(pause);
                terminal.begun(String.join(", ", ended) + " ended; starting again in " + pause.toSeconds() + " s");
                TimeUnit.MILLISECONDS.sleep(pause.toMillis());
                if (!stopping && !stack.isDown()) {
                    stack.start();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                if (!stopping && !stack.isDown()) {
                    terminal.failed(e);
                }
            }
            lastEnd = Instant.now();
        }
    }

    private static Duration doubled(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
    }

    private void end(Stack stack, Terminal terminal) {
        stopping = true;
        Set<Long> started = ChildProcess.startNoMore();
        if (stops == Stops.EVERYTHING && !stack.isDown()) {
            terminal.begun("stopping");
            stack.downAtEnd();
        } else if (stops == Stops.WHAT_IT_STARTED && !started.isEmpty()) {
            terminal.begun("stopping what it started");
            stack.stop(process -> started.contains(process.pid()));
        }
    }
}
