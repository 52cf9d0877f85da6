package io.knowledgebase.embed.extract;

import io.knowledgebase.embed.parse.FileParser;
import io.knowledgebase.embed.parse.WorkerMain;
import java.io.IOException;
import java.io.ObjectInputFilter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.tika.pipes.PipesConfigBase;
import org.apache.tika.pipes.fetcher.fs.FileSystemFetcher;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Worker processes that have started already, so that a small document costs milliseconds and no start of a JVM. */
final class WorkerPool implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(WorkerPool.class);
    /** Where workers find programs. */
    static final String PATH = "PATH=/usr/bin:/bin";
    /** What the shell counts file sizes in. */
    private static final int FILE_SIZE_UNIT_BYTES = 512;

    private static final Duration START_PATIENCE = Duration.ofMinutes(1);
    private static final Duration WARM_UP_DEADLINE = Duration.ofMinutes(1);
    /** What parsers leak does not add up for ever. */
    private static final int DOCUMENTS_PER_WORKER = 10_000;

    private static final String WARM_UP =
            "<html><body><h1>Warm</h1><p>Classes that every document needs.</p></body></html>";

    private final ExtractSettings settings;
    private final Path root;
    private final Path launcher;
    private final Path warmUp;
    private final Deque<Worker> idle = new ArrayDeque<>();
    private final Set<Worker> all = ConcurrentHashMap.newKeySet();
    private final AtomicInteger started = new AtomicInteger();
    private final ExecutorService starter = Executors.newSingleThreadExecutor(task -> daemon(task, "worker-start"));
    private final ScheduledExecutorService watches =
            Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "worker-watch"));
    private volatile @Nullable String complaint = "the first worker has not started yet";
    private int lent;
    private int starting;
    private boolean closed;

    /** @param root a folder of this pool's own */
    WorkerPool(ExtractSettings settings, Path root) throws IOException {
        this.settings = settings;
        this.root = root;
        this.launcher = Files.writeString(root.resolve("worker"), """
                #!/bin/sh
                # A worker knows nothing of the service's environment, and the secrets in it.
                ulimit -c 0
                ulimit -f %d
                echo 1000 2>/dev/null >/proc/self/oom_score_adj
                exec /usr/bin/env -i %s LANG=C.UTF-8 HOME=/ OMP_THREAD_LIMIT=1 '%s' "$@"
                """.formatted(
                        settings.workerDisk().toBytes() / FILE_SIZE_UNIT_BYTES,
                        PATH,
                        Path.of(System.getProperty("java.home"), "bin", "java")));
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
        acceptOnlyResults();
        this.warmUp = Files.writeString(root.resolve("warm-up.html"), WARM_UP);
        replenish();
    }

    /** Why there is no worker, or null if all is well. */
    @Nullable
    synchronized String complaint() {
        return idle.isEmpty() && lent == 0 ? complaint : null;
    }

    /** A worker for one document, warm already if there is such a one. */
    Worker borrow() throws IOException, InterruptedException {
        synchronized (this) {
            lent++;
            if (!idle.isEmpty()) {
                return idle.pop();
            }
        }
        try {
            return start();
        } catch (IOException | InterruptedException | RuntimeException e) {
            returned();
            throw e;
        }
    }

    /** Takes a worker back; one that did not survive is replaced. */
    void giveBack(Worker worker, boolean well) {
        returned();
        keep(worker, well);
        replenish();
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        starter.shutdownNow();
        watches.shutdownNow();
        List.copyOf(all).forEach(this::close);
        try {
            boolean ended = starter.awaitTermination(START_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            LOG.debug("event=worker-pool-closed ended={}", ended);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void returned() {
        lent--;
    }

    private void keep(Worker worker, boolean well) {
        synchronized (this) {
            if (well && !closed && idle.size() < settings.workers() && worker.documents() < DOCUMENTS_PER_WORKER) {
                idle.push(worker);
                return;
            }
        }
        close(worker);
    }

    /** What it found is not lost for a folder that cannot be removed. */
    private void close(Worker worker) {
        all.remove(worker);
        try {
            worker.close();
        } catch (IOException e) {
            LOG.warn("event=worker-not-closed worker={}", worker, e);
        }
    }

    /** Starts workers in the background until there are as many as parse at the same time. */
    private synchronized void replenish() {
        while (!closed && idle.size() + lent + starting < settings.workers()) {
            starting++;
            starter.execute(this::startOneMore);
        }
    }

    private void startOneMore() {
        try {
            keep(start(), true);
        } catch (IOException e) {
            LOG.error("event=worker-not-started", e); // whoever needs it tries again
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            synchronized (this) {
                starting--;
            }
        }
    }

    /** A worker that has read something already, so that its start is on nobody's account. */
    private Worker start() throws IOException, InterruptedException {
        Worker worker = create();
        try {
            Worker.End end = worker.parse(
                    warmUp, "warm-up.html", root.resolve(worker + ".warm"), WARM_UP_DEADLINE, elapsed -> false);
            Files.deleteIfExists(root.resolve(worker + ".warm"));
            if (end != Worker.End.DONE) {
                throw new WorkerStartException("it could not read what it is tried with: " + end);
            }
            complaint = null;
            return worker;
        } catch (IOException | InterruptedException | RuntimeException e) {
            complaint = String.valueOf(e.getMessage());
            close(worker);
            throw e;
        }
    }

    private Worker create() throws IOException {
        synchronized (this) {
            if (closed) {
                throw new WorkerStartException("the service stops");
            }
        }
        Path folder = Files.createDirectory(root.resolve("worker-" + started.incrementAndGet()));
        Path configuration = Files.writeString(root.resolve(folder.getFileName() + ".xml"), """
                <properties>
                  <detectors><detector class="org.apache.tika.detect.EmptyDetector"/></detectors>
                  <parsers>
                    <parser class="%s">
                      <params>
                        <param name="maxCharacters" type="int">%d</param>
                        <param name="ocrLanguages" type="string">%s</param>
                      </params>
                    </parser>
                  </parsers>
                  <fetchers>
                    <fetcher class="%s"><params><name>%s</name><basePath>%s</basePath></params></fetcher>
                  </fetchers>
                </properties>
                """.formatted(
                        FileParser.class.getName(),
                        settings.maxCharacters(),
                        settings.ocr() ? settings.ocrLanguages() : "",
                        FileSystemFetcher.class.getName(),
                        Worker.FETCHER,
                        escaped(folder)));
        return new Worker(
                folder,
                configuration,
                config(folder, configuration),
                settings.workerDisk().toBytes(),
                watches);
    }

    private PipesConfigBase config(Path folder, Path configuration) {
        PipesConfigBase config = new PipesConfigBase();
        config.setTikaConfig(configuration);
        config.setJavaPath(launcher.toString());
        config.setForkedJvmArgs(Stream.concat(
                        Stream.of(
                                "-cp",
                                System.getProperty("java.class.path"),
                                "-Xmx" + settings.workerHeap().toBytes(),
                                "-XX:+UseSerialGC",
                                // Otherwise most of a worker's start is spent compiling.
                                "-XX:TieredStopAtLevel=1",
                                "-XX:MaxMetaspaceSize=256m",
                                "-XX:MaxDirectMemorySize=64m",
                                "-XX:-UsePerfData",
                                "-XX:+SuppressFatalErrorMessage",
                                "-Xshare:auto",
                                "-Dfile.encoding=UTF-8",
                                "-Dlogback.configurationFile=logback-worker.xml",
                                "-Djava.io.tmpdir=" + folder,
                                "-D" + WorkerMain.FOLDER + "=" + folder,
                                "-D" + WorkerMain.CONFINED + "=" + settings.confined(),
                                "-D" + WorkerMain.STARTS_PROGRAMS + "=" + settings.ocr()),
                        mainClass().stream())
                .toList());
        config.setNumClients(1);
        config.setTimeoutMillis(settings.deadline().toMillis());
        config.setStartupTimeoutMillis(START_PATIENCE.toMillis());
        config.setSleepOnStartupTimeoutMillis(Duration.ofSeconds(1).toMillis());
        config.setShutdownClientAfterMillis(-1);
        config.setMaxForEmitBatchBytes(-1);
        return config;
    }

    /** A service that runs from its one jar has classes that only Spring Boot's loader finds. */
    private static List<String> mainClass() {
        String main = WorkerMain.class.getName();
        return WorkerMain.class.getClassLoader() == ClassLoader.getSystemClassLoader()
                ? List.of(main)
                : List.of("-Dloader.main=" + main, "org.springframework.boot.loader.launch.PropertiesLauncher");
    }

    /** Results come as serialized objects, and nothing else that a worker says is to become an object here. */
    private static void acceptOnlyResults() {
        if (ObjectInputFilter.Config.getSerialFilter() == null) {
            ObjectInputFilter.Config.setSerialFilter(
                    ObjectInputFilter.Config.createFilter("maxdepth=20;maxrefs=10000;maxarray=100000;maxbytes=10000000;"
                            + "org.apache.tika.**;java.lang.*;java.util.*;!*"));
        }
    }

    private static String escaped(Path path) {
        return path.toString().replace("&", "&amp;").replace("<", "&lt;");
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }
}
