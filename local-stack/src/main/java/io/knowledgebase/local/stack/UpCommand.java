package io.knowledgebase.local.stack;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import io.knowledgebase.local.token.TokenMinter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
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

    private volatile boolean stopping;

    @Override
    public Integer call() {
        Home home = Home.ofEnvironment();
        Terminal terminal = new Terminal();
        Stack stack = new Stack(home, terminal);
        Instant begun = Instant.now();
        Thread onEnd = new Thread(() -> stopAll(stack, terminal), "stop");
        if (!detach) {
            Runtime.getRuntime().addShutdownHook(onEnd);
        }
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
            Runtime.getRuntime().removeShutdownHook(onEnd);
            terminal.note("everything ran already; ./kb down stops it");
        } else if (!detach) {
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
            try {
                TimeUnit.MILLISECONDS.sleep(WATCH_MS);
                List<String> ended = stopping ? List.of() : stack.ended();
                if (ended.isEmpty() || stopping) {
                    continue;
                }
                pause = lastEnd.plus(STEADY).isBefore(Instant.now()) ? Duration.ofSeconds(1) : doubled(pause);
                terminal.begun(String.join(", ", ended) + " ended; starting again in " + pause.toSeconds() + " s");
                TimeUnit.MILLISECONDS.sleep(pause.toMillis());
                if (!stopping) {
                    stack.start();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                if (!stopping) {
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

    private void stopAll(Stack stack, Terminal terminal) {
        stopping = true;
        terminal.begun("stopping");
        stack.stop();
    }
}
