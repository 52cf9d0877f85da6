package io.knowledgebase.embed.extract;

import io.knowledgebase.embed.parse.Extraction;
import io.knowledgebase.embed.parse.Extraction.Extracted;
import io.knowledgebase.embed.parse.Extraction.Rejected;
import io.knowledgebase.embed.parse.ExtractionFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What became of a document's bytes, on disk until it is read. */
public final class ExtractedFile implements AutoCloseable {

    private final Path file;
    private final @Nullable Rejected rejected;
    private final Languages languages;

    /** @param rejected why there is nothing in the file, or null if there is */
    ExtractedFile(Path file, @Nullable Rejected rejected, Languages languages) {
        this.file = file;
        this.rejected = rejected;
        this.languages = languages;
    }

    /** About what it takes in memory once it is read. */
    public long bytes() throws IOException {
        return rejected == null ? Files.size(file) : 0;
    }

    /**
     * Reads all of it into memory.
     *
     * @throws IOException if the disk fails, or did while it was written
     */
    public Extraction read() throws IOException {
        if (rejected != null) {
            return rejected;
        }
        Extraction extraction = ExtractionFile.read(file)
                .orElseThrow(() -> new IOException("a worker wrote no outcome: its disk may be full"));
        return extraction instanceof Extracted extracted ? withLanguage(extracted) : extraction;
    }

    /** The text knows better than the document, which often says but the language of the program that made it. */
    private Extracted withLanguage(Extracted extracted) {
        String language = languages.of(extracted.blocks());
        if (language == null) {
            return extracted;
        }
        Map<String, Object> metadata = new HashMap<>(extracted.metadata());
        metadata.put("language", language);
        return new Extracted(extracted.title(), extracted.blocks(), metadata, extracted.warnings());
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(file);
    }
}
