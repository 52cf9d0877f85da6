package io.knowledgebase.local.evaluate;

import io.knowledgebase.local.client.ServiceClient;
import io.knowledgebase.local.documents.Upload;
import io.knowledgebase.local.documents.UploadProgress;
import io.knowledgebase.local.documents.UploadedDocument;
import io.knowledgebase.local.home.Home;
import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.stack.ServiceMemory;
import io.knowledgebase.local.terminal.Terminal;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One upload of all files of a manifest, for a user who has nothing yet. */
final class DocumentsRound {

    private final Manifest manifest;
    private final String user;
    private final int inFlight;
    private final int probes;
    private final Home home;
    private final Terminal terminal;

    DocumentsRound(Manifest manifest, String user, int inFlight, int probes, Home home, Terminal terminal) {
        this.manifest = manifest;
        this.user = user;
        this.inFlight = inFlight;
        this.probes = probes;
        this.home = home;
        this.terminal = terminal;
    }

    /** What became of a file, and whether that is good. */
    record Judged(Manifest.Entry entry, UploadedDocument document, Expectation.Verdict verdict) {

        static Judged of(Manifest.Entry entry, UploadedDocument document) {
            return new Judged(
                    entry,
                    document,
                    entry.expected()
                            .judge(outcome(document), !document.warnings().isEmpty()));
        }

        /** Indexed, or the reason of the failure. */
        String outcome() {
            return outcome(document);
        }

        private static String outcome(UploadedDocument document) {
            return document.reason() == null ? document.status() : document.reason();
        }
    }

    /**
     * What the round showed.
     *
     * @param time from the first upload until every document was terminal
     * @param idle probes before the round; null without probes, as the next
     * @param busy probes amid the round
     * @param terminalBefore files of the manifest that were terminal when the busy probes were sent
     * @param terminalAfter and when the last of them was indexed
     */
    record Result(
            String user,
            Duration time,
            List<Judged> documents,
            List<SnippetSearch.Found> snippets,
            Map<Service, MemoryWatch.Memory> memory,
            Probe.@Nullable Times idle,
            Probe.@Nullable Times busy,
            int terminalBefore,
            int terminalAfter) {

        private static final double GOOD_SHARE = 0.98;

        long goodDocuments() {
            return documents.stream()
                    .filter(document -> document.verdict() != Expectation.Verdict.DIFFERENT)
                    .count();
        }

        double goodShare() {
            return (double) goodDocuments() / documents.size();
        }

        boolean good() {
            return goodShare() >= GOOD_SHARE
                    && snippets.stream().allMatch(snippet -> snippet.missing() == null)
                    && (idle == null || idle.good())
                    && (busy == null || busy.good());
        }
    }

    /** What became of the probes amid the round. */
    private record Busy(Probe.@Nullable Times times, int terminalBefore, int terminalAfter) {}

    Result run() throws IOException, InterruptedException, ExecutionException {
        Probe probe = new Probe(
                new ServiceClient(home, Service.INGEST, user + "-probe", List.of()), Math.max(1, probes), inFlight);
        Probe.Times idle = null;
        if (probes > 0) {
            terminal.begun(probes + " small documents for the user " + user + "-probe, while nothing else is to do");
            idle = probe.run("idle");
        }
        terminal.begun(manifest.entries().size() + " documents for the user " + user);
        List<UploadedDocument> documents;
        Duration time;
        Busy busy;
        MemoryWatch memory = MemoryWatch.begin(() -> ServiceMemory.residentMebibytes(home));
        ExecutorService aside = Executors.newSingleThreadExecutor();
        try (memory) {
            AtomicReference<@Nullable Upload> upload = new AtomicReference<>();
            AtomicReference<@Nullable Future<Busy>> probing = new AtomicReference<>();
            Instant begun = Instant.now();
            try (UploadProgress progress = new Midway(
                    UploadProgress.at(terminal, manifest.entries().size()),
                    manifest.entries().size(),
                    () -> probing.set(aside.submit(() -> probe(probe, Objects.requireNonNull(upload.get())))))) {
                upload.set(new Upload(new ServiceClient(home, Service.INGEST, user, List.of()), inFlight, progress));
                documents = Objects.requireNonNull(upload.get()).run(manifest.files(), true);
            }
            time = Duration.between(begun, Instant.now());
            busy = Objects.requireNonNull(probing.get(), "at the end a third is terminal")
                    .get();
        } finally {
            aside.shutdownNow();
        }
        List<Judged> judged = new ArrayList<>();
        for (int i = 0; i < documents.size(); i++) {
            judged.add(Judged.of(manifest.entries().get(i), documents.get(i)));
        }
        return new Result(
                user,
                time,
                judged,
                snippets(documents),
                memory.memory(),
                idle,
                busy.times(),
                busy.terminalBefore(),
                busy.terminalAfter());
    }

    private Busy probe(Probe probe, Upload upload) throws IOException, InterruptedException {
        int before = upload.counts().terminal();
        Probe.Times times = probes > 0 ? probe.run("busy") : null;
        return new Busy(times, before, upload.counts().terminal());
    }

    private List<SnippetSearch.Found> snippets(List<UploadedDocument> documents) {
        SnippetSearch search = new SnippetSearch(new ServiceClient(home, Service.SEARCH, user, List.of()));
        terminal.begun("searching for "
                + manifest.entries().stream()
                        .mapToInt(entry -> entry.snippets().size())
                        .sum()
                + " snippets");
        List<SnippetSearch.Found> found = new ArrayList<>();
        for (int i = 0; i < documents.size(); i++) {
            for (String snippet : manifest.entries().get(i).snippets()) {
                found.add(search.find(documents.get(i), snippet));
            }
        }
        return found;
    }
}
