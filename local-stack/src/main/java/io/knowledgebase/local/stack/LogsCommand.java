package io.knowledgebase.local.stack;

import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kb logs}. */
@Command(name = "logs", description = "Show the last lines of the logs.")
public final class LogsCommand implements Callable<Integer> {

    private static final long POLL_MS = 250;

    @Parameters(
            paramLabel = "NAME",
            arity = "0..1",
            description =
                    "ingest-service, embed-service, search-service, postgres, kafka, build or provision; all without.")
    private String name = "";

    @Option(
            names = {"-f", "--follow"},
            description = "Go on with what is written from now on.")
    private boolean follow;

    @Option(
            names = {"-n", "--lines"},
            defaultValue = "50",
            description = "How many lines of each (default: ${DEFAULT-VALUE}).")
    private int lines = 50;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Terminal terminal = new Terminal();
        List<Path> logs = logs(Home.ofEnvironment());
        Map<Path, Long> read = new HashMap<>();
        for (Path log : logs) {
            read.put(log, Files.size(log));
            String prefix = prefix(log, logs.size());
            Logs.tail(log, lines).forEach(line -> terminal.line(prefix + line));
        }
        while (follow) {
            TimeUnit.MILLISECONDS.sleep(POLL_MS);
            for (Path log : logs) {
                long from = read.getOrDefault(log, 0L);
                read.put(log, printNew(terminal, log, Files.size(log) < from ? 0 : from, prefix(log, logs.size())));
            }
        }
        return ExitCode.OK;
    }

    private static long printNew(Terminal terminal, Path log, long from, String prefix) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            byte[] bytes = new byte[(int) Math.min(file.length() - from, 1 << 20)];
            file.seek(from);
            file.readFully(bytes);
            String text = new String(bytes, StandardCharsets.UTF_8);
            int complete = text.lastIndexOf('\n') + 1;
            text.substring(0, complete).lines().forEach(line -> terminal.line(prefix + line));
            return from + text.substring(0, complete).getBytes(StandardCharsets.UTF_8).length;
        }
    }

    private static String prefix(Path log, int logs) {
        return logs == 1 ? "" : log.getFileName().toString().replace(".log", "") + " | ";
    }

    private List<Path> logs(Home home) throws IOException {
        String wanted = Service.of(name).map(Service::id).orElse(name);
        List<Path> logs = List.of();
        if (Files.isDirectory(home.logs())) {
            try (Stream<Path> files = Files.list(home.logs())) {
                logs = files.filter(file -> file.toString().endsWith(".log"))
                        .filter(file -> wanted.isEmpty()
                                || file.getFileName().toString().equals(wanted + ".log"))
                        .sorted()
                        .toList();
            }
        }
        if (logs.isEmpty()) {
            throw CommandFailedException.of(
                    "there is no log" + (wanted.isEmpty() ? "" : " of " + wanted) + " in " + home.logs(),
                    "./kb up starts what writes them");
        }
        return logs;
    }
}
