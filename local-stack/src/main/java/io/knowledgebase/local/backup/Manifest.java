package io.knowledgebase.local.backup;

import io.knowledgebase.local.terminal.CommandFailedException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a backup holds.
 *
 * @param createdAt the time of the snapshot
 * @param server PostgreSQL's version
 * @param bytes of the dump
 * @param sha256 of the dump, in hexadecimal digits
 * @param tables what each held in the snapshot
 */
record Manifest(Instant createdAt, String server, long bytes, String sha256, Map<String, TableDigest> tables) {

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    Manifest {
        tables = new TreeMap<>(tables);
    }

    static Path dump(Path backup) {
        return backup.resolve("database.dump");
    }

    private static Path file(Path backup) {
        return backup.resolve("manifest.json");
    }

    /** That of a backup whose dump is as it was written. */
    static Manifest read(Path backup) throws IOException {
        if (!Files.isRegularFile(file(backup)) || !Files.isRegularFile(dump(backup))) {
            throw CommandFailedException.of(
                    backup + " is no backup: it has no manifest.json or no database.dump",
                    "name a folder that kb backup made");
        }
        Manifest manifest;
        try {
            manifest = JSON.readValue(file(backup).toFile(), Manifest.class);
        } catch (JacksonException e) {
            throw CommandFailedException.of(
                    file(backup) + " cannot be read: " + e.getOriginalMessage(), "take another backup", null, e);
        }
        if (!manifest.sha256().equals(sha256(dump(backup)))) {
            throw CommandFailedException.of(
                    dump(backup) + " is not as it was written: its SHA-256 is another",
                    "take another copy of it, or another backup");
        }
        return manifest;
    }

    void write(Path backup) throws IOException {
        Files.writeString(file(backup), JSON.writeValueAsString(this) + "\n");
    }

    static String sha256(Path file) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
