package io.knowledgebase.embed.extract;

import io.knowledgebase.embed.parse.FileParser;
import io.knowledgebase.embed.parse.ParseRequest;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.tika.config.TikaTaskTimeout;
import org.apache.tika.metadata.Metadata;
import org.apache.tika.parser.ParseContext;
import org.apache.tika.pipes.FetchEmitTuple;
import org.apache.tika.pipes.HandlerConfig;
import org.apache.tika.pipes.PipesClient;
import org.apache.tika.pipes.PipesConfigBase;
import org.apache.tika.pipes.PipesResult;
import org.apache.tika.pipes.emitter.EmitKey;
import org.apache.tika.pipes.fetcher.FetchKey;
import org.apache.tika.sax.BasicContentHandlerFactory.HANDLER_TYPE;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One worker process and the folder it is locked into; for one document at a time. The process starts with the first
 * document and again after each that it did not survive.
 */
final class Worker implements AutoCloseable {

    static final String FETCHER = "folder";

    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

    private static final String DOCUMENT = "document";
    private static final String EXTRACTION = "extraction";
    private static final Duration WATCH_INTERVAL = Duration.ofMillis(200);
    /** What a process gets beyond the deadline that Tika keeps, for its start above all. */
    private static final Duration GRACE = Duration.ofMinutes(2);
    /** What any file costs the disk. */
    private static final long LEAST_FILE_BYTES = 4096;

    private final Path folder;
    private final Path configuration;
    private final long maxDiskBytes;
    private final PipesClient client;
    private final ScheduledExecutorService watches;
    /** Why the process was ended from here. */
    private volatile @Nullable End ended;

    private int documents;

    /**
     * A worker whose process has not started yet.
     *
     * @param folder exists and is this worker's alone
     * @param configuration goes with the worker
     */
    Worker(
            Path folder,
            Path configuration,
            PipesConfigBase config,
            long maxDiskBytes,
            ScheduledExecutorService watches) {
        this.folder = folder;
        this.configuration = configuration;
        this.maxDiskBytes = maxDiskBytes;
        this.watches = watches;
        this.client = new PipesClient(config);
    }

    /** How a parse went, whatever it found. */
    enum End {
        /** The extraction is where it was wanted. */
        DONE,
        /** The process is well, but wrote no outcome: its disk failed. */
        NO_OUTCOME,
        OUT_OF_PATIENCE,
        TOO_LONG,
        TOO_MUCH_MEMORY,
        TOO_MUCH_DISK,
        /** The process died. */
        DIED;

        /** Whether the worker can take another document at once. */
        boolean isWell() {
            return this == DONE || this == NO_OUTCOME;
        }
    }

    /** Asked again and again while a document is parsed. */
    interface Patience {

        /** True if the parse is to be ended now. */
        boolean isOver(Duration elapsed);
    }

    /**
     * Parses a document.
     *
     * @param document on the same file system as the folder
     * @param extraction where to put the result
     * @throws IOException if the folder cannot be prepared
     * @throws WorkerStartException if the process cannot be started
     */
    End parse(Path document, @Nullable String fileName, Path extraction, Duration deadline, Patience patience)
            throws IOException, InterruptedException {
        documents++;
        Path result = folder.resolve(EXTRACTION);
        Files.createLink(folder.resolve(DOCUMENT), document);
        Watch watch = new Watch(deadline.plus(GRACE), patience);
        ScheduledFuture<?> watching = watches.scheduleWithFixedDelay(
                watch::look, WATCH_INTERVAL.toMillis(), WATCH_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
        try {
            ParseContext context = new ParseContext();
            context.set(ParseRequest.class, new ParseRequest(result.toString(), fileName));
            context.set(TikaTaskTimeout.class, new TikaTaskTimeout(deadline.toMillis()));
            context.set(
                    HandlerConfig.class,
                    new HandlerConfig(HANDLER_TYPE.IGNORE, HandlerConfig.PARSE_MODE.CONCATENATE, -1, -1, false));
            End end = end(
                    client.process(new FetchEmitTuple(
                            folder.getFileName().toString(),
                            new FetchKey(FETCHER, DOCUMENT),
                            new EmitKey("none", "none"),
                            new Metadata(),
                            context)),
                    result);
            if (end == End.DONE) {
                Files.move(result, extraction, StandardCopyOption.REPLACE_EXISTING);
            }
            return ended == null ? end : ended;
        } catch (RuntimeException e) {
            if (ended == null) {
                throw new WorkerStartException(e);
            }
            return ended;
        } finally {
            watch.end();
            watching.cancel(false);
            empty();
        }
    }

    private static End end(PipesResult answer, Path result) {
        return switch (answer.getStatus()) {
            case PARSE_SUCCESS -> Files.isRegularFile(result, LinkOption.NOFOLLOW_LINKS) ? End.DONE : End.DIED;
            case PARSE_SUCCESS_WITH_EXCEPTION, PARSE_EXCEPTION_NO_EMIT ->
                String.valueOf(answer.getMessage()).contains(FileParser.DISK_FAILED) ? End.NO_OUTCOME : End.DIED;
            case TIMEOUT -> End.TOO_LONG;
            case OOM -> End.TOO_MUCH_MEMORY;
            default -> End.DIED;
        };
    }

    /** Ends the process, also in the midst of a parse; what it left goes. */
    @Override
    public void close() throws IOException {
        client.close();
        empty();
        Files.deleteIfExists(folder);
        Files.deleteIfExists(configuration);
    }

    /** Documents it was given, well or not. */
    int documents() {
        return documents;
    }

    @Override
    public String toString() {
        return folder.getFileName().toString();
    }

    /** Looks after one parse, on another thread, until its end and not a moment longer. */
    private final class Watch {

        private final Instant start = Instant.now();
        private final Duration latest;
        private final Patience patience;
        private boolean over;

        Watch(Duration latest, Patience patience) {
            this.latest = latest;
            this.patience = patience;
        }

        synchronized void end() {
            over = true;
        }

        synchronized void look() {
            if (over) {
                return;
            }
            Duration elapsed = Duration.between(start, Instant.now());
            try {
                if (usedBytes() > maxDiskBytes) {
                    endProcess(End.TOO_MUCH_DISK);
                } else if (elapsed.compareTo(latest) > 0) {
                    endProcess(End.TOO_LONG);
                } else if (patience.isOver(elapsed)) {
                    endProcess(End.OUT_OF_PATIENCE);
                }
            } catch (IOException | RuntimeException e) { // nobody may keep the watch from looking
                over = true;
                ended = End.DIED;
                closeQuietly(e);
            }
        }

        private void closeQuietly(Exception why) {
            LOG.warn(
                    "event=worker-not-watched worker={} cause=\"{}\"",
                    folder.getFileName(),
                    why.getClass().getName());
            try {
                client.close();
            } catch (IOException e) {
                LOG.warn("event=worker-not-closed worker={}", folder.getFileName(), e);
            }
        }

        private void endProcess(End why) throws IOException {
            over = true;
            ended = why;
            client.close();
        }
    }

    private long usedBytes() throws IOException {
        AtomicLong used = new AtomicLong();
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                used.addAndGet(
                        file.equals(folder.resolve(DOCUMENT)) ? 0 : Math.max(LEAST_FILE_BYTES, attributes.size()));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (failure instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE; // the worker has just removed it
                }
                throw failure;
            }
        });
        return used.get();
    }

    private void empty() throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                if (!visited.equals(folder)) {
                    Files.deleteIfExists(visited);
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
