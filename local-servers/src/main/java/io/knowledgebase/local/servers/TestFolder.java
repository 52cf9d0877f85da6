package io.knowledgebase.local.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Folders for the servers of one test run; what a killed run left behind is removed by the next. */
final class TestFolder {

    private static final String PREFIX = "kb-servers-";

    private TestFolder() {}

    /** A new folder that PostgreSQL's user can reach, named after this JVM. */
    static Path create(String server) {
        Path parent = Stream.of(System.getProperty("java.io.tmpdir"), "/tmp", "/var/tmp", "/dev/shm")
                .map(Path::of)
                .filter(Files::isWritable)
                .filter(OperatingSystem::isReachableForPostgres)
                .findFirst()
                .orElseThrow(() -> new ServerFailedException(
                        "no temporary folder can be reached by the user postgres; set -Djava.io.tmpdir", null, null));
        try {
            removeLeftovers(parent);
            Path folder = Files.createTempDirectory(
                    parent, PREFIX + ProcessHandle.current().pid() + "-" + server + "-");
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void removeLeftovers(Path parent) throws IOException {
        try (Stream<Path> folders = Files.list(parent)) {
            folders.filter(folder -> folder.getFileName().toString().startsWith(PREFIX))
                    .filter(folder -> ProcessHandle.of(Long.parseLong(
                                    folder.getFileName().toString().split("-", -1)[2]))
                            .isEmpty())
                    .forEach(TestFolder::delete);
        }
    }

    /** Deletes a folder with all that is in it, as far as that is allowed. */
    static void delete(Path folder) {
        try {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    return remove(file);
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException failure) {
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) {
                    return remove(visited);
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static FileVisitResult remove(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            // Another run's server may still write here; its own end or the next run removes the rest.
        }
        return FileVisitResult.CONTINUE;
    }
}
