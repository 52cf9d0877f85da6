package io.knowledgebase.sqlite;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A folder into which exports are put. A file is complete when its size and time have not changed for a while, no journal
 * stands beside it and its header fits; whether its content is whole is seen by its copy. Hidden and temporary files are
 * left alone.
 */
final class ExportFolder {

    private static final List<String> TEMPORARY = List.of(".tmp", ".temp", ".part", "~");
    private static final List<String> COMPANIONS = List.of("-journal", "-wal");

    private final Path folder;
    private final Duration settle;
    private final Clock clock;
    private Map<String, Sighting> seen = Map.of();

    /**
     * A folder of exports.
     *
     * @param settle for how long a file must not have changed
     */
    ExportFolder(Path folder, Duration settle, Clock clock) {
        this.folder = folder;
        this.settle = settle;
        this.clock = clock;
    }

    private record Sighting(Export export, Instant since) {}

    Path path(Export export) {
        return folder.resolve(export.name());
    }

    /**
     * What is in the folder, in the order of exports.
     *
     * @param settled those that have not changed for a while
     */
    record Look(List<Export> present, List<Export> settled) {}

    Look look() throws IOException {
        Instant now = clock.instant();
        Map<String, Sighting> found = new HashMap<>();
        List<Export> settled = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Optional<Export> export = isCandidate(file) ? look(file) : Optional.empty();
                if (export.isPresent()) {
                    Sighting before = seen.get(export.get().name());
                    Sighting sighting = before != null && before.export().equals(export.get())
                            ? before
                            : new Sighting(export.get(), now);
                    found.put(export.get().name(), sighting);
                    if (!sighting.since().plus(settle).isAfter(now)) {
                        settled.add(export.get());
                    }
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        seen = found;
        settled.sort(null);
        return new Look(found.values().stream().map(Sighting::export).sorted().toList(), settled);
    }

    private static boolean isCandidate(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        return !name.startsWith(".")
                && TEMPORARY.stream().noneMatch(name::endsWith)
                && COMPANIONS.stream().noneMatch(name::endsWith)
                && !name.endsWith("-shm");
    }

    private static Optional<Export> look(Path file) throws IOException {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return attributes.isRegularFile()
                    ? Optional.of(new Export(
                            String.valueOf(file.getFileName()),
                            attributes.lastModifiedTime().toInstant(),
                            attributes.size()))
                    : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty(); // removed meanwhile
        }
    }

    /** Why a settled file is not complete as far as can be seen from outside; empty if it is. */
    Optional<String> fault(Export export) {
        Path file = path(export);
        try {
            for (String companion : COMPANIONS) {
                Optional<Export> beside = look(folder.resolve(export.name() + companion));
                if (beside.isPresent() && beside.get().sizeBytes() > 0) {
                    return Optional.of("is not finished: " + beside.get().name() + " stands beside it");
                }
            }
            return ExportHeader.fault(file);
        } catch (IOException e) {
            return Optional.of("cannot be read: " + e.getClass().getSimpleName());
        }
    }

    /** Whether a file is still as it was, and complete. */
    boolean isUnchanged(Export export) throws IOException {
        return look(path(export)).filter(export::equals).isPresent()
                && fault(export).isEmpty();
    }
}
