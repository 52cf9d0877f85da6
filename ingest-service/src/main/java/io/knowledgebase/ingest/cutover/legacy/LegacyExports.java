package io.knowledgebase.ingest.cutover.legacy;

import io.knowledgebase.schemas.problem.Problem;
import io.knowledgebase.sqlite.Export;
import io.knowledgebase.sqlite.Exports;
import io.knowledgebase.sqlite.SqliteCapture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/** A folder into which the legacy application's file is exported now and then. */
public final class LegacyExports {

    /** Where the file is that the way back writes to: exports are looked for in the folder alone. */
    private static final String AFTER = "after-cutover";

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
        if (!folder.isAbsolute() || !Files.isDirectory(folder)) {
            throw Problem.badField(
                    "exports", "The ingest service sees no folder " + folder + "; give its absolute path.");
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

    /** What tells the last export that was taken from any other one; empty before the first. */
    public String lastTaken() {
        return known().last().map(Export::toString).orElse("");
    }

    /** Opens the last one that was taken, as it was then. */
    public LegacyFileStore openLast() {
        return LegacyFileStore.openToRead(lastCopy());
    }

    /** Keeps the last one that was taken as the file that the way back writes to. */
    public Path keepLast() {
        try {
            Path after = Files.createDirectories(folder.resolve(AFTER))
                    .resolve(known().last().orElseThrow().name());
            return Files.copy(lastCopy(), after, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("the last export cannot be copied to " + folder.resolve(AFTER), e);
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
