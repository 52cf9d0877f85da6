package io.knowledgebase.local.token;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.time.Clock;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kb token}. */
@Command(
        name = "token",
        description = "Print an access token for a user of this installation.",
        footer = {
            "",
            "Example: curl -H \"Authorization: Bearer $(./kb token anna)\" 'http://127.0.0.1:8080/v1/search?q=hello'"
        })
public final class TokenCommand implements Callable<Integer> {

    @Parameters(paramLabel = "USER", description = "User id, as documents and searches know it.")
    private String user = "";

    @Option(
            names = "--scope",
            paramLabel = "SCOPE",
            description = "What the token allows besides: kb:admin, kb:act-as. May be repeated.")
    private List<String> scopes = new ArrayList<>();

    @Option(
            names = "--ttl",
            paramLabel = "TIME",
            defaultValue = "30d",
            description = "How long it is valid: 15m, 12h, 30d (default: ${DEFAULT-VALUE}).")
    private String validity = "30d";

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() {
        Home home = Home.ofEnvironment();
        if (user.isBlank()) {
            throw CommandFailedException.usage("the user is empty", "name one: ./kb token anna");
        }
        if (home.setting("KB_ACCESS_JWKS_URI").isPresent()) {
            throw CommandFailedException.of(
                    "tokens are signed by an identity provider (KB_ACCESS_JWKS_URI)", "ask that one for a token");
        }
        String token = new TokenMinter(home.accessSecret(), Clock.systemUTC()).mint(user, scopes, duration(validity));
        Terminal terminal = new Terminal();
        if (json) {
            terminal.json(Map.of("user", user, "scopes", scopes, "token", token));
        } else {
            terminal.line(token);
        }
        return ExitCode.OK;
    }

    static Duration duration(String text) {
        String upper = text.toUpperCase(Locale.ROOT);
        try {
            Duration duration =
                    Duration.parse(upper.startsWith("P") ? upper : upper.endsWith("D") ? "P" + upper : "PT" + upper);
            if (duration.compareTo(Duration.ZERO) > 0) {
                return duration;
            }
        } catch (DateTimeParseException e) {
            // told below
        }
        throw CommandFailedException.usage("--ttl " + text + " is not a time", "write 15m, 12h or 30d");
    }
}
