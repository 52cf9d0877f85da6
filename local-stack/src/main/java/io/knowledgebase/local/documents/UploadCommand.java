package io.knowledgebase.local.documents;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import io.knowledgebase.local.terminal.Terminal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kb upload}. */
@Command(
        name = "upload",
        description = {
            "Upload files and folders, and wait until each document is indexed or has failed with a reason.",
            "A file below a folder is known by its path there, any other by its name; hidden files are left out."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every document is indexed",
            "1:some are not; the table says why",
            "3:ingest-service does not run"
        })
public final class UploadCommand implements Callable<Integer> {

    @Parameters(paramLabel = "PATH", arity = "1..*", description = "Files and folders.")
    private List<Path> paths = new ArrayList<>();

    @Option(
            names = {"-u", "--user"},
            description = "Whose documents these are (default: KB_USER, else your login name).")
    private @Nullable String user;

    @Option(names = "--external-id-prefix", paramLabel = "TEXT", description = "Goes before each external id.")
    private String prefix = "";

    @Option(
            names = "--in-flight",
            defaultValue = "8",
            description = "Uploads at the same time (default: ${DEFAULT-VALUE}).")
    private int inFlight = 8;

    @Option(names = "--no-wait", description = "Return when everything is accepted.")
    private boolean noWait;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() throws InterruptedException {
        if (inFlight < 1) {
            throw CommandFailedException.usage("--in-flight " + inFlight + " is too small", "use 1 or more");
        }
        UploadFile.Found found = UploadFile.find(paths, prefix);
        List<UploadFile> files = found.files();
        Terminal terminal = new Terminal();
        if (found.leftOut() > 0) {
            terminal.note(found.leftOut() + " hidden files are left out");
        }
        if (files.isEmpty()) {
            throw CommandFailedException.usage("there is no file in " + paths, "name files or folders with files");
        }
        ServiceClient ingest = new ServiceClient(
                Home.ofEnvironment(), Service.INGEST, user == null ? ServiceClient.defaultUser() : user, List.of());
        ingest.get("/v1/documents/summary", Map.of()); // says at once what would make every upload fail
        Instant begun = Instant.now();
        List<UploadedDocument> documents = upload(terminal, ingest, files);
        report(terminal, documents, Duration.between(begun, Instant.now()));
        boolean good =
                documents.stream().allMatch(document -> document.isIndexed() || (noWait && !document.isTerminal()));
        return good ? ExitCode.OK : ExitCode.FAILED;
    }

    private List<UploadedDocument> upload(Terminal terminal, ServiceClient ingest, List<UploadFile> files)
            throws InterruptedException {
        try (UploadProgress progress = json ? UploadProgress.silent() : UploadProgress.at(terminal, files.size())) {
            Upload upload = new Upload(ingest, inFlight, progress);
            AtomicBoolean complete = new AtomicBoolean();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                if (!complete.get()) {
                    terminal.note("ended with " + upload.counts().uploaded() + " of " + files.size()
                            + " files uploaded; those are kept and processed, kb documents shows how far they are");
                }
            }));
            List<UploadedDocument> documents = upload.run(files, !noWait);
            complete.set(true);
            return documents;
        }
    }

    private void report(Terminal terminal, List<UploadedDocument> documents, Duration time) {
        Map<String, Long> counts = new LinkedHashMap<>();
        documents.forEach(document -> counts.merge(document.status(), 1L, Long::sum));
        long unchanged = documents.stream().filter(UploadedDocument::unchanged).count();
        long chunks = documents.stream().mapToLong(UploadedDocument::chunks).sum();
        long embedded =
                documents.stream().mapToLong(UploadedDocument::embeddedChunks).sum();
        if (json) {
            Map<String, Object> report = new LinkedHashMap<>();
            report.put("counts", counts);
            report.put("unchanged", unchanged);
            report.put("chunks", chunks);
            report.put("embeddedChunks", embedded);
            report.put("seconds", time.toMillis() / 1000.0);
            report.put("documents", documents);
            terminal.json(report);
            return;
        }
        List<List<String>> failures = documents.stream()
                .filter(document -> (document.isTerminal() && !document.isIndexed())
                        || !document.warnings().isEmpty())
                .map(document -> List.of(
                        document.externalId(),
                        document.status(),
                        document.reason() == null ? "" : document.reason(),
                        document.detail() == null ? String.join(" ", document.warnings()) : document.detail()))
                .toList();
        if (!failures.isEmpty()) {
            terminal.table(List.of("document", "status", "reason", ""), failures);
            terminal.line("");
        }
        terminal.line(String.format(
                Locale.ROOT,
                "%d documents: %s; %d unchanged; %d chunks, %d of them embedded; %.1f s",
                documents.size(),
                String.join(
                        ", ",
                        counts.entrySet().stream()
                                .map(count -> count.getValue() + " " + count.getKey())
                                .toList()),
                unchanged,
                chunks,
                embedded,
                time.toMillis() / 1000.0));
    }
}
