package io.knowledgebase.embed.extract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.knowledgebase.embed.extract.Extractor.Lane;
import io.knowledgebase.embed.parse.Block;
import io.knowledgebase.embed.parse.Extraction;
import io.knowledgebase.embed.parse.Extraction.Extracted;
import io.knowledgebase.embed.parse.Extraction.Rejected;
import io.knowledgebase.embed.parse.WorkerMain;
import io.knowledgebase.embed.turn.Claimant;
import io.knowledgebase.schemas.event.RejectionReason;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InvalidClassException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.util.unit.DataSize;

/** What real worker processes do with documents that mean harm, and what that does to others. */
class ExtractorIT {

    private static final Duration DEADLINE = Duration.ofMinutes(2);
    private static final int DOCUMENTS_PER_KILL = 10;
    private static final int MAXIMUM_FAILED_STARTS = 20;

    private static final int WORKERS = 2;
    private static final int SLOW_WORKERS = 2;

    private static Extractor extractor;

    private final ExecutorService threads = Executors.newCachedThreadPool();

    @BeforeAll
    static void start() throws Exception {
        extractor = extractor(true);
        await().atMost(Duration.ofMinutes(2)).until(() -> extractor.complaint() == null);
    }

    @AfterAll
    static void stop() throws Exception {
        extractor.close();
    }

    private static Extractor extractor(boolean confined) throws IOException {
        return new Extractor(settings(confined, DataSize.ofMegabytes(256), DEADLINE));
    }

    private static ExtractSettings settings(boolean confined, DataSize heap, Duration deadline) {
        return new ExtractSettings(
                WORKERS,
                SLOW_WORKERS,
                Duration.ofSeconds(5),
                deadline,
                heap,
                DataSize.ofMegabytes(64),
                3_000_000,
                5,
                confined,
                false,
                "eng");
    }

    @Test
    void workerReadsADocument() throws Exception {
        assertThat(texts(extract("note.md", "# Trip\n\nThe ferry leaves at seven.")))
                .containsExactly("Trip", "The ferry leaves at seven.");
    }

    @ParameterizedTest
    @EnumSource
    void attackCostsItsOwnDocumentOnly(Attack attack) throws Exception {
        Extraction extraction = extract(attack.fileName(), attack.content());

        attack.expected().accept(extraction);
        assertThat(texts(extract("after.txt", "All is well."))).containsExactly("All is well.");
    }

    @Test
    void documentsThatNeverEndHoldUpNobodyElse() throws Exception {
        Duration deadline = Duration.ofSeconds(15);
        try (Extractor hurried = new Extractor(settings(true, DataSize.ofMegabytes(256), deadline))) {
            List<Future<Extraction>> endless = IntStream.range(0, WORKERS + SLOW_WORKERS + 1)
                    .mapToObj(i ->
                            threads.submit(() -> extract(hurried, "eve", "endless-" + i + ".probe", probe("hang"))))
                    .toList();

            Extraction other = extract(hurried, "anna", "small.txt", "Small.".getBytes(StandardCharsets.UTF_8));

            assertThat(texts(other)).containsExactly("Small.");
            assertThat(endless).noneMatch(Future::isDone);
            for (Future<Extraction> one : endless) {
                assertThat(one.get(10 * deadline.toSeconds(), TimeUnit.SECONDS))
                        .isInstanceOfSatisfying(Rejected.class, rejected -> {
                            assertThat(rejected.reason()).isEqualTo(RejectionReason.RESOURCE_LIMIT);
                            assertThat(rejected.detail()).contains("longer than 15 seconds");
                        });
            }
        }
    }

    @Test
    void workerKnowsNoSecretsAndHasNoWayOut(@TempDir Path folder) throws Exception {
        Path secret = Files.writeString(folder.resolve("secret"), "the secret");
        Path target = folder.resolve("target");
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            byte[] probe = probe(
                    "environment",
                    "read /proc/" + ProcessHandle.current().pid() + "/environ",
                    "read " + secret,
                    "write " + target,
                    "run /bin/true",
                    "connect " + listener.getLocalPort());

            assertThat(texts(extract("eve", "a.probe", probe)))
                    .containsExactly(
                            "environment: [HOME, LANG, OMP_THREAD_LIMIT, PATH]",
                            "read /proc/" + ProcessHandle.current().pid() + "/environ: refused",
                            "read " + secret + ": refused",
                            "write " + target + ": refused",
                            "run /bin/true: refused",
                            "connect " + listener.getLocalPort() + ": refused");
            assertThat(target).doesNotExist();
            try (Extractor free = extractor(false)) { // what is refused above is refused by the confinement
                assertThat(texts(extract(free, "eve", "a.probe", probe)).subList(2, 6))
                        .noneMatch(line -> line.endsWith("refused"));
            }
        }
    }

    @Test
    void nothingIsFetchedFromOutside() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                Extractor free = extractor(false)) { // by the parsers' own restraint, not for want of a network
            String address = "http://127.0.0.1:" + listener.getLocalPort() + "/";
            for (Attack.Fetching fetching : Attack.Fetching.values()) {
                extract(free, "eve", fetching.fileName(), fetching.content(address));
            }

            listener.setSoTimeout(1);
            assertThatThrownBy(listener::accept).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void namesOfEntriesAreNoPaths() throws Exception {
        try (Extractor free = extractor(false)) { // nothing but the parsers' own restraint keeps them from writing
            assertThat(extract(
                            free,
                            "eve",
                            Attack.ENTRIES_THAT_CLIMB_OUT.fileName(),
                            Attack.ENTRIES_THAT_CLIMB_OUT.content()))
                    .isInstanceOf(Extracted.class);
        }
        assertThat(Path.of("/tmp/kb-climbed.txt")).doesNotExist();
        assertThat(Path.of("/tmp/kb-absolute.txt")).doesNotExist();
    }

    @Test
    void whatAWorkerSaysBecomesNoObjectButAResult() throws Exception {
        ByteArrayOutputStream foreign = new ByteArrayOutputStream();
        try (ObjectOutputStream objects = new ObjectOutputStream(foreign)) {
            objects.writeObject(new File("a file"));
        }

        try (ObjectInputStream objects = new ObjectInputStream(new ByteArrayInputStream(foreign.toByteArray()))) {
            assertThatThrownBy(objects::readObject).isInstanceOf(InvalidClassException.class);
        }
    }

    @Test
    void foldersOfDeadServicesAreRemovedAndThoseOfOthersAreNot() throws Exception {
        Process dead = new ProcessBuilder("true").start();
        dead.waitFor();
        Path left = Files.createTempDirectory("kb-extract-" + dead.pid() + "-");
        Files.createDirectory(left.resolve("worker-1"));
        Files.writeString(left.resolve("worker-1").resolve("document"), "somebody's document");
        Path used = Files.createTempDirectory(
                "kb-extract-" + ProcessHandle.current().parent().orElseThrow().pid() + "-");

        try (Extractor another = extractor(true)) {
            assertThat(another).isNotNull();
            assertThat(left).doesNotExist();
            assertThat(used).exists();
        } finally {
            Files.delete(used);
        }
    }

    @Test
    void extractorWithoutWorkersSaysWhy() throws Exception {
        try (Extractor hopeless = new Extractor(settings(true, DataSize.ofBytes(1), DEADLINE))) {
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> String.valueOf(hopeless.complaint()).contains("a worker cannot be started"));
        }
    }

    @Test
    void killedWorkersChangeNothing() throws Exception {
        int documents = Integer.getInteger("kb.kills.documents", 60);
        List<byte[]> contents =
                IntStream.range(0, documents).mapToObj(Attack::honest).toList();
        List<Extraction> undisturbed = extractAll(contents, read -> {});

        AtomicInteger kills = new AtomicInteger();
        List<Extraction> disturbed = extractAll(contents, read -> {
            if (read % DOCUMENTS_PER_KILL == 0) {
                kills.addAndGet(killAWorker() ? 1 : 0);
            }
        });

        assertThat(IntStream.range(0, documents)
                        .filter(i -> !disturbed.get(i).equals(undisturbed.get(i)))
                        .mapToObj(i -> i + ": " + disturbed.get(i)))
                .as("documents that became something else")
                .isEmpty();
        assertThat(kills.get()).isGreaterThanOrEqualTo(documents / DOCUMENTS_PER_KILL / 2);
    }

    /** @param progress takes the number of documents read so far */
    private List<Extraction> extractAll(List<byte[]> contents, IntConsumer progress) throws Exception {
        AtomicInteger read = new AtomicInteger();
        List<Future<Extraction>> all = new ArrayList<>();
        for (int i = 0; i < contents.size(); i++) {
            int number = i;
            all.add(threads.submit(() -> {
                Extraction extraction = extract("user-" + number % 3, "document-" + number, contents.get(number));
                progress.accept(read.incrementAndGet());
                return extraction;
            }));
        }
        List<Extraction> extractions = new ArrayList<>();
        for (Future<Extraction> one : all) {
            extractions.add(one.get(10, TimeUnit.MINUTES));
        }
        return extractions;
    }

    private static boolean killAWorker() {
        List<ProcessHandle> workers = ProcessHandle.current()
                .children()
                .filter(child -> commandLine(child.pid()).contains("-D" + WorkerMain.FOLDER + "="))
                .toList();
        return !workers.isEmpty()
                && workers.get(ThreadLocalRandom.current().nextInt(workers.size()))
                        .destroyForcibly();
    }

    /** In full, which {@link ProcessHandle} does not give for long ones; empty once the process has ended. */
    private static String commandLine(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }

    private static Extraction extract(String fileName, String text) throws Exception {
        return extract(fileName, text.getBytes(StandardCharsets.UTF_8));
    }

    private static Extraction extract(String fileName, byte[] content) throws Exception {
        return extract("eve", fileName, content);
    }

    private static Extraction extract(String user, String fileName, byte[] content) throws Exception {
        return extract(extractor, user, fileName, content);
    }

    private static Extraction extract(Extractor with, String user, String fileName, byte[] content) throws Exception {
        Lane lane = Lane.FAST;
        for (int failedStarts = 0; ; failedStarts++) {
            try (ExtractedFile file =
                    Objects.requireNonNull(with.extract(lane, new Claimant(user, false), fileName, path -> {
                        Files.write(path, content);
                        return true;
                    }))) {
                return file.read();
            } catch (WorkerStartException e) { // killed while it started: once more, as the service does
                if (failedStarts == MAXIMUM_FAILED_STARTS) {
                    throw e;
                }
            } catch (OutOfPatienceException e) {
                lane = Lane.SLOW;
            }
        }
    }

    static byte[] probe(String... commands) {
        return ("#!probe\n" + String.join("\n", commands)).getBytes(StandardCharsets.UTF_8);
    }

    private static List<String> texts(Extraction extraction) {
        assertThat(extraction).isInstanceOf(Extracted.class);
        return ((Extracted) extraction).blocks().stream().map(Block::text).toList();
    }
}
