package io.knowledgebase.local.stack;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code kb down}. */
@Command(name = "down", description = "Stop everything that kb up started; data stay.")
public final class DownCommand implements Callable<Integer> {

    @Override
    public Integer call() {
        Terminal terminal = new Terminal();
        if (!new Stack(Home.ofEnvironment(), terminal).down(() -> {})) {
            terminal.note("nothing was running");
        }
        return ExitCode.OK;
    }
}
