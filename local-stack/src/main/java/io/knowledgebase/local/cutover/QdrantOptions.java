package io.knowledgebase.local.cutover;

import io.knowledgebase.local.terminal.CommandFailedException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where Qdrant's points are, at the command line. */
final class QdrantOptions {

    @Option(names = "--qdrant", paramLabel = "URL", description = "Qdrant, whose points become documents.")
    private @Nullable URI url;

    @Option(names = "--collection", paramLabel = "NAME", description = "The collection that holds them.")
    private @Nullable String collection;

    @Option(names = "--vector", paramLabel = "NAME", description = "Which of several vectors is meant.")
    private @Nullable String vector;

    @Option(
            names = "--unowned-to",
            paramLabel = "USER",
            description = "Who gets documents without an owner (default: they are left out and listed).")
    private @Nullable String unownedTo;

    @Option(names = "--api-key-file", paramLabel = "FILE", description = "A file that holds Qdrant's API key alone.")
    private @Nullable Path apiKeyFile;

    /** What the ingest service takes; empty if Qdrant is to be left alone. */
    Map<String, String> wish() {
        if (url == null || collection == null) {
            if (url != null || collection != null || vector != null || unownedTo != null || apiKeyFile != null) {
                throw CommandFailedException.usage(
                        "Qdrant needs both --qdrant URL and --collection NAME", "repeat with both, or with none");
            }
            return Map.of();
        }
        Map<String, String> wish = new LinkedHashMap<>();
        wish.put("url", url.toString());
        wish.put("collection", collection);
        put(wish, "vector", vector);
        put(wish, "unownedTo", unownedTo);
        put(wish, "apiKey", apiKey());
        return wish;
    }

    private static void put(Map<String, String> wish, String field, @Nullable String value) {
        if (value != null) {
            wish.put(field, value);
        }
    }

    private @Nullable String apiKey() {
        try {
            return apiKeyFile == null ? null : Files.readString(apiKeyFile).strip();
        } catch (IOException e) {
            throw CommandFailedException.usage(apiKeyFile + " cannot be read", "name a file that holds the key alone");
        }
    }
}
