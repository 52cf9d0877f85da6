package io.knowledgebase.local.generations;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kb republish}. */
@Command(
        name = "republish",
        description = {
            "Make Kafka's topics follow the documents again, and follow until all are processed.",
            "For the time after Kafka was lost, or PostgreSQL was restored from a backup that is older than Kafka (kb"
                    + " restore does it by itself). Every document is processed again; vectors that are there are not"
                    + " computed anew. A repeat is safe.",
            ""
        })
public final class RepublishCommand implements Callable<Integer> {

    @Option(
            names = {"-d", "--detach"},
            description = "Begin and return.")
    private boolean detach;

    @Override
    public Integer call() {
        Terminal terminal = new Terminal();
        Replays replays = new Replays(Home.ofEnvironment(), terminal);
        replays.republish();
        terminal.done("everything is published anew");
        if (!detach) {
            replays.follow();
        }
        return ExitCode.OK;
    }
}
