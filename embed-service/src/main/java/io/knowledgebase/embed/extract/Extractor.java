package io.knowledgebase.embed.extract;

import io.knowledgebase.embed.parse.Extraction.Rejected;
import io.knowledgebase.embed.turn.Claimant;
import io.knowledgebase.embed.turn.Turns;
import io.knowledgebase.embed.turn.Turns.Turn;
import io.knowledgebase.schemas.event.RejectionReason;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has documents read by workers; safe for use by several threads. What goes wrong because of the bytes is a rejection;
 * an {@link IOException} is the disk's or the machine's and may be tried again.
 *
 * <p>Every document begins in the fast lane. What is not done after the patience of that goes on in the slow one if there
 * is room at once, and else is given back to be brought there later: what never ends holds up nobody for longer.
 */
public final class Extractor implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Extractor.class);

    /** Begins the name of the folder; the process's id and something random follow. */
    private static final String FOLDER = "kb-extract-";

    private static final Pattern LEFT_BY = Pattern.compile(Pattern.quote(FOLDER) + "(\\d{1,9})-.*");
    /** This process's own folders; another of its id is from before the machine or container started. */
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    private final ExtractSettings settings;
    private final Path root;
    private final WorkerPool pool;
    private final Turns fast;
    private final Turns slow;
    private final Languages languages = new Languages();

    public Extractor(ExtractSettings settings) throws IOException {
        if (settings.ocr()) {
            Tesseract.require(settings.ocrLanguages());
        }
        this.settings = settings;
        removeWhatDeadServicesLeft();
        this.root = Files.createTempDirectory(
                FOLDER + ProcessHandle.current().pid() + "-",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        OWN.add(root);
        this.pool = new WorkerPool(settings, root);
        this.fast = new Turns(settings.workers());
        this.slow = new Turns(settings.slowWorkers());
    }

    /** Where a document is read. */
    public enum Lane {
        /** With patience for a few seconds. */
        FAST,
        /** For those that took longer, up to the deadline. */
        SLOW
    }

    /** Writes a document's content. */
    public interface Content {

        /** False if it is no longer there. */
        boolean copyTo(Path file) throws IOException;
    }

    /** Why no document can be read now, or null if all is well. */
    public @Nullable String complaint() {
        return pool.complaint();
    }

    /**
     * Reads a document's text once it is the claimant's turn.
     *
     * @param fileName a hint for the detection of the type
     * @return what became of it, or null if the content is no longer there
     * @throws OutOfPatienceException if the document is to be read in the slow lane
     */
    public @Nullable ExtractedFile extract(Lane lane, Claimant claimant, @Nullable String fileName, Content content)
            throws IOException, InterruptedException, OutOfPatienceException {
        Path document = Files.createTempFile(root, "document-", null);
        Path extraction = Files.createTempFile(root, "extraction-", null);
        boolean done = false;
        try {
            Rejected rejected = null;
            try (Place place = place(lane, claimant)) {
                if (!content.copyTo(document)) {
                    return null;
                }
                rejected = parse(document, fileName, extraction, place);
            }
            done = true;
            return new ExtractedFile(extraction, rejected, languages);
        } finally {
            Files.deleteIfExists(document);
            if (!done) {
                Files.deleteIfExists(extraction);
            }
        }
    }

    /** @return why it was ended, or null if the extraction tells the outcome */
    private @Nullable Rejected parse(Path document, @Nullable String fileName, Path extraction, Place place)
            throws IOException, InterruptedException, OutOfPatienceException {
        if (Files.size(document) == 0) {
            return new Rejected(RejectionReason.EMPTY, "The file is empty. Upload the one that was meant.");
        }
        boolean afterOthers = true;
        for (int deaths = 0; deaths < settings.attempts(); ) {
            switch (parseOnce(document, fileName, extraction, place)) {
                case DONE, NO_OUTCOME -> {
                    return null;
                }
                case OUT_OF_PATIENCE -> throw new OutOfPatienceException();
                case TOO_LONG -> {
                    return limit("takes longer than " + settings.deadline().toSeconds() + " seconds");
                }
                case TOO_MUCH_MEMORY -> {
                    if (afterOthers) { // what those before it left may have been to blame: once more in a fresh one
                        afterOthers = false;
                        continue;
                    }
                    return limit(
                            "needs more memory than " + settings.workerHeap().toMegabytes() + " MiB");
                }
                case TOO_MUCH_DISK -> {
                    return limit("needs more disk space than "
                            + settings.workerDisk().toMegabytes() + " MiB");
                }
                case DIED -> deaths++;
            }
        }
        return limit("ends the program that does it");
    }

    private Worker.End parseOnce(Path document, @Nullable String fileName, Path extraction, Place place)
            throws IOException, InterruptedException {
        Worker worker = pool.borrow();
        boolean well = false;
        try {
            Worker.End end = worker.parse(document, fileName, extraction, settings.deadline(), place);
            well = end.isWell();
            if (!well) {
                LOG.warn("event=worker-ended why={}", end);
            }
            return end;
        } finally {
            pool.giveBack(worker, well);
        }
    }

    private static Rejected limit(String what) {
        return new Rejected(
                RejectionReason.RESOURCE_LIMIT,
                "Reading the document " + what + ". Split it or save it in another format, then upload that.");
    }

    private Place place(Lane lane, Claimant claimant) throws InterruptedException {
        return new Place(claimant, lane, (lane == Lane.FAST ? fast : slow).take(claimant));
    }

    /** The turn of one document, which can go on in the slow lane. */
    private final class Place implements Worker.Patience, AutoCloseable {

        private final Claimant claimant;
        private Lane lane;
        private Turn turn;

        Place(Claimant claimant, Lane lane, Turn turn) {
            this.claimant = claimant;
            this.lane = lane;
            this.turn = turn;
        }

        @Override
        public synchronized boolean isOver(Duration elapsed) {
            if (lane == Lane.SLOW || elapsed.compareTo(settings.patience()) < 0) {
                return false;
            }
            Optional<Turn> slowTurn = slow.tryTake(claimant);
            slowTurn.ifPresent(taken -> {
                turn.close();
                turn = taken;
                lane = Lane.SLOW;
            });
            return slowTurn.isEmpty();
        }

        @Override
        public synchronized void close() {
            turn.close();
        }
    }

    @Override
    public void close() throws IOException {
        pool.close();
        delete(root);
    }

    /** Documents of people lie in the folder of a service that was killed. */
    private static void removeWhatDeadServicesLeft() throws IOException {
        try (Stream<Path> folders = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            for (Path folder : folders.filter(Extractor::isLeft).toList()) {
                try {
                    delete(folder);
                    LOG.info("event=removed-leftover folder={}", folder.getFileName());
                } catch (IOException e) { // an orphaned worker still writes to it, or it is somebody else's
                    LOG.warn(
                            "event=leftover-stays folder={} cause={}",
                            folder.getFileName(),
                            e.getClass().getName());
                }
            }
        }
    }

    private static boolean isLeft(Path folder) {
        Matcher name = LEFT_BY.matcher(folder.getFileName().toString());
        if (!name.matches() || OWN.contains(folder) || !Files.isWritable(folder)) {
            return false;
        }
        long pid = Long.parseLong(name.group(1));
        return pid == ProcessHandle.current().pid() || ProcessHandle.of(pid).isEmpty();
    }

    private static void delete(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (failure instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE; // a worker that ends has just removed it
                }
                throw failure;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                Files.deleteIfExists(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
