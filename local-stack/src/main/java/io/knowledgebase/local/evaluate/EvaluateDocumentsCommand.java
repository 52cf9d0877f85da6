package io.knowledgebase.local.evaluate;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kb eval-documents}. */
@Command(
        name = "eval-documents",
        description = {
            "Measure extraction on files with known outcomes.",
            "Uploads all files of a manifest for a user of its own, waits until each is indexed or failed, and searches"
                    + " for the snippets that they must contain. Meanwhile it watches the services' memory, and how long"
                    + " somebody else waits for small documents."
        },
        footer = {
            "",
            "As expected, or better (in brackets), are of files that the manifest expects as",
            "  text             indexed",
            "  empty            empty, no-text, unsupported-type [indexed]",
            "  error-encrypted  encrypted",
            "  error-corrupt    corrupt [unsupported-type, resource-limit, and indexed with a",
            "                   warning: without one nobody learns of the damage]",
            "  error-bomb       bomb",
            "  error-resource   resource-limit [indexed]"
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:at least 98 %% are as expected or better, every snippet was found, every small document indexed",
            "1:in a round they are not, or it failed",
            "2:wrong usage, or a manifest that cannot be used",
            "3:a service does not run"
        })
public final class EvaluateDocumentsCommand implements Callable<Integer> {

    @Parameters(
            paramLabel = "DIR",
            description = "Folder with manifest.tsv (columns path and expected, others are ignored) and"
                    + " must_contain.json (lists of snippets by path).")
    private Path folder = Path.of("");

    @Option(names = "--rounds", defaultValue = "1", description = "How often to do it all (default: ${DEFAULT-VALUE}).")
    private int rounds = 1;

    @Option(
            names = "--probe",
            paramLabel = "N",
            defaultValue = "50",
            description = "Small documents of a second user before each round, and again once a third of the files are"
                    + " terminal; 0 for none (default: ${DEFAULT-VALUE}).")
    private int probes = 50;

    @Option(
            names = "--in-flight",
            defaultValue = "8",
            description = "Uploads at the same time (default: ${DEFAULT-VALUE}).")
    private int inFlight = 8;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    private final Terminal terminal = new Terminal();

    @Override
    public Integer call() throws IOException, InterruptedException, ExecutionException {
        requireAtLeast(1, rounds, "--rounds");
        requireAtLeast(0, probes, "--probe");
        requireAtLeast(1, inFlight, "--in-flight");
        Manifest manifest = Manifest.read(folder);
        Home home = Home.ofEnvironment();
        if (home.setting("KB_TOKEN").isPresent()) {
            throw CommandFailedException.usage(
                    "KB_TOKEN names one user, and each round needs new ones", "unset it: tokens are minted then");
        }
        Instant begun = Instant.now();
        String users = "eval-documents-" + begun.getEpochSecond() + "-";
        // says at once what would be told only after minutes
        new ServiceClient(home, Service.SEARCH, users, List.of()).postJson("/v1/search", Map.of("query", "ready"));
        List<DocumentsRound.Result> results = new ArrayList<>();
        for (int round = 1; round <= rounds; round++) {
            DocumentsRound.Result result =
                    new DocumentsRound(manifest, users + round, inFlight, probes, home, terminal).run();
            results.add(result);
            if (!json) {
                new DocumentsReport(result).print(terminal);
            }
        }
        boolean good = results.stream().allMatch(DocumentsRound.Result::good);
        Duration time = Duration.between(begun, Instant.now());
        if (json) {
            Map<String, Object> report = new LinkedHashMap<>();
            report.put("good", good);
            report.put("seconds", DocumentsReport.seconds(time));
            report.put(
                    "rounds",
                    results.stream()
                            .map(result -> new DocumentsReport(result).json())
                            .toList());
            terminal.json(report);
        } else {
            terminal.line(String.format(
                    Locale.ROOT,
                    "%s after %d %s, %s with small documents and searches",
                    good ? "good" : "not good",
                    rounds,
                    rounds == 1 ? "round" : "rounds",
                    DocumentsReport.time(time)));
        }
        return good ? ExitCode.OK : ExitCode.FAILED;
    }

    private static void requireAtLeast(int least, int value, String option) {
        if (value < least) {
            throw CommandFailedException.usage(option + " " + value + " is too small", "use " + least + " or more");
        }
    }
}
