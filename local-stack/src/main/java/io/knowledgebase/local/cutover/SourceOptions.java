package io.knowledgebase.local.cutover;

import io.knowledgebase.local.terminal.CommandFailedException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What is moved, at the command line. */
final class SourceOptions {

    @Option(
            names = "--sqlite",
            paramLabel = "FILE",
            description = "The application's database, as the ingest service sees it.")
    private @Nullable Path sqlite;

    @Option(
            names = "--exports",
            paramLabel = "FOLDER",
            description = "Instead of it a folder into which it is exported now and then.")
    private @Nullable Path exports;

    @Option(
            names = "--mapping",
            paramLabel = "FILE",
            description = "A YAML file of further columns and tables to be moved.")
    private @Nullable Path mapping;

    @Mixin
    private QdrantOptions qdrant = new QdrantOptions();

    /** What the ingest service takes. */
    Map<String, Object> wish() {
        if ((sqlite == null) == (exports == null)) {
            throw CommandFailedException.usage(
                    "a move has either --sqlite FILE or --exports FOLDER", "name one of them");
        }
        Map<String, Object> wish = new HashMap<>();
        put(wish, "sqlite", sqlite);
        put(wish, "exports", exports);
        if (mapping != null) {
            wish.put("mapping", MappingFile.read(mapping));
        }
        Map<String, String> collection = qdrant.wish();
        if (!collection.isEmpty()) {
            wish.put("qdrant", collection);
        }
        return wish;
    }

    private static void put(Map<String, Object> wish, String field, @Nullable Path path) {
        if (path != null) {
            wish.put(field, path.toAbsolutePath().normalize().toString());
        }
    }
}
