package io.knowledgebase.local.home;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;

/** Generated secrets, each in a file that only its owner can read. */
final class Secrets {

    private static final int BYTES = 32;

    private final Path folder;

    Secrets(Path folder) {
        this.folder = folder;
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    /** The secret of that name, made at the first call. */
    String get(String name) {
        Path file = file(name);
        try {
            if (!Files.exists(file)) {
                Files.createDirectories(folder.toAbsolutePath().getParent()); // which others may enter
                Files.createDirectories(
                        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
                byte[] random = new byte[BYTES];
                new SecureRandom().nextBytes(random);
                Path draft = Files.createTempFile(folder, name, ".new"); // 0600 by contract
                Files.writeString(draft, HexFormat.of().formatHex(random) + "\n");
                try {
                    Files.createLink(file, draft);
                } catch (FileAlreadyExistsException e) {
                    // Another process was faster; its secret counts.
                } finally {
                    Files.delete(draft);
                }
            }
            return Files.readString(file).trim();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
