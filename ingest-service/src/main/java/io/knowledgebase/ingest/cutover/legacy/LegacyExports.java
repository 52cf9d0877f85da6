package io.knowledgebase.ingest.cutover.legacy;

import io.knowledgebase.schemas.problem.Problem;
import io.knowledgebase.sqlite.Export;
import io.knowledgebase.sqlite.Exports;
import io.knowledgebase.sqlite.SqliteCapture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** A folder into which the legacy application's file is exported now and then. */
public final class LegacyExports {

    /** Where the file is that the way back writes to: exports are looked for in the folder alone. */
    private static final String AFTER = "after-cutover";

    private static final Set<PosixFilePermission> OURS = PosixFilePermissions.fromString("rwx------");
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("uuuuMMdd-HHmmss.SSS", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final Path folder;

    public LegacyExports(Path folder) {
        this.folder = folder;
    }

    /**
     * The export that is read first.
     *
     * @throws Problem 400 if there is no folder, or none in it, or it cannot be written to
     */
    public Path first() {
        if (!folder.isAbsolute()) {
            throw Problem.badField("exports", folder + " is no absolute path.");
        }
        if (!Files.isDirectory(folder)) {
            throw Problem.badField("exports", "The ingest service sees no folder " + folder + ".");
        }
        if (!Files.isWritable(folder)) {
            throw Problem.badField(
                    "exports", "The ingest service may not write to " + folder + ", where it keeps copies of exports.");
        }
        try {
            return SqliteCapture.firstExport(folder)
                    .orElseThrow(() -> Problem.badField(
                            "exports", "The folder " + folder + " has no whole SQLite file yet; export once."));
        } catch (IOException e) {
            throw Problem.badField("exports", "The ingest service may not read the folder " + folder + ".");
        }
    }

    /** What was taken, and what was not. */
    public Exports known() {
        try {
            return SqliteCapture.exports(state());
        } catch (IOException e) {
            throw new UncheckedIOException("what is known of the exports in " + folder + " cannot be read", e);
        }
    }

    /** The last export that was taken; empty before the first. */
    public Optional<Export> lastTaken() {
        return known().last();
    }

    /** The youngest file there is, in a form that can be kept; empty if there is none. */
    public String youngest() {
        try {
            return SqliteCapture.youngestExport(folder)
                    .map(export -> export.modified() + " " + export.name())
                    .orElse("");
        } catch (IOException e) {
            throw new UncheckedIOException("the folder " + folder + " cannot be read", e);
        }
    }

    /**
     * Whether an export is younger than another one.
     *
     * @param known as {@link #youngest} has told it
     */
    public static boolean isYounger(Export export, String known) {
        int blank = known.indexOf(' ');
        return blank < 0
                || export.compareTo(new Export(known.substring(blank + 1), Instant.parse(known.substring(0, blank)), 0))
                        > 0;
    }

    /** Opens the last one that was taken, as it was then. */
    public LegacyFileStore openLast(LegacySchema schema) {
        return LegacyFileStore.openToRead(lastCopy(), schema);
    }

    /** Keeps the last one that was taken as the file that the way back writes to: a new one each time. */
    public Path keepLast() {
        Path after = folder.resolve(AFTER);
        try {
            Files.createDirectories(after, PosixFilePermissions.asFileAttribute(OURS)); // it holds tokens
            String name = known().last().orElseThrow().name();
            Path file = after.resolve(STAMP.format(Instant.now()) + "-" + name);
            return Files.copy(lastCopy(), file);
        } catch (IOException e) {
            throw new UncheckedIOException("the last export cannot be copied to " + after, e);
        }
    }

    /** Removes what {@link #keepLast} has kept. */
    public static void discard(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException("the copy " + file + " cannot be removed", e);
        }
    }

    private Path lastCopy() {
        try {
            Optional<Path> copy = SqliteCapture.lastCopy(state());
            return copy.orElseThrow(() -> new IllegalStateException("no export is there yet"));
        } catch (IOException e) {
            throw new UncheckedIOException("the last export in " + folder + " cannot be read", e);
        }
    }

    /** Removes all copies and notes; nothing may be capturing. A repeat does nothing. */
    public void forget() {
        try {
            SqliteCapture.removeExports(state());
        } catch (IOException e) {
            throw new UncheckedIOException("copies of exports in " + folder + " cannot be removed", e);
        }
    }

    private Path state() {
        return SqliteCapture.stateFolder(folder);
    }
}
