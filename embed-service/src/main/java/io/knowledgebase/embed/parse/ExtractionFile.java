package io.knowledgebase.embed.parse;

import io.knowledgebase.embed.parse.Extraction.Extracted;
import io.knowledgebase.embed.parse.Extraction.Rejected;
import io.knowledgebase.schemas.event.RejectionReason;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.MappingIterator;
import tools.jackson.databind.json.JsonMapper;

/**
 * The way of a document's text from a worker to its service: JSON values, a block each, and at the end the outcome. A
 * file without an outcome is what a worker leaves that died. Text in a file is in no heap, neither while it is parsed
 * nor while it waits to be embedded.
 */
public final class ExtractionFile {

    private static final int BUFFER_BYTES = 64 * 1024;
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxStringLength(Integer.MAX_VALUE)
                            .build())
                    .build())
            .build();

    private ExtractionFile() {}

    /** One JSON value of the file: a block, or one of the two outcomes. */
    private record Entry(
            @Nullable Block block,
            @Nullable Summary extracted,
            @Nullable Failure rejected) {}

    private record Summary(@Nullable String title, Map<String, Object> metadata, List<String> warnings) {}

    private record Failure(RejectionReason reason, String detail) {}

    /** Takes the blocks in reading order, then the outcome. */
    static final class Writer implements AutoCloseable {

        private final JsonGenerator json;

        Writer(Path file) throws IOException {
            this.json = JSON.createGenerator(new BufferedOutputStream(Files.newOutputStream(file), BUFFER_BYTES));
        }

        void write(Block block) {
            json.writePOJO(new Entry(block, null, null));
        }

        void finish(@Nullable String title, Map<String, Object> metadata, List<String> warnings) {
            json.writePOJO(new Entry(null, new Summary(title, metadata, warnings), null));
        }

        void finish(Rejected rejected) {
            json.writePOJO(new Entry(null, null, new Failure(rejected.reason(), rejected.detail())));
        }

        @Override
        public void close() {
            json.close();
        }
    }

    /** What a worker wrote; empty if it did not come to an outcome. */
    public static Optional<Extraction> read(Path file) throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        List<Block> blocks = new ArrayList<>();
        List<Block.Part> part = List.of();
        try (InputStream bytes = new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES);
                MappingIterator<Entry> entries = JSON.readerFor(Entry.class).readValues(bytes)) {
            while (entries.hasNext()) {
                Entry entry = entries.next();
                if (entry.rejected() != null) {
                    return Optional.of(new Rejected(
                            entry.rejected().reason(), entry.rejected().detail()));
                }
                if (entry.extracted() != null) {
                    Summary summary = entry.extracted();
                    return Optional.of(new Extracted(summary.title(), blocks, summary.metadata(), summary.warnings()));
                }
                if (entry.block() != null) {
                    Block block = entry.block();
                    part = part.equals(block.part()) ? part : block.part(); // one list for all blocks of a part
                    blocks.add(new Block(block.headingLevel(), block.text(), block.page(), block.line(), part));
                }
            }
            return Optional.empty();
        } catch (JacksonIOException e) {
            throw e.getCause();
        } catch (JacksonException e) {
            return Optional.empty(); // the worker died in the midst of a block
        }
    }
}
