package io.knowledgebase.embed.parse;

import io.knowledgebase.schemas.event.RejectionReason;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What became of a document's bytes. */
public sealed interface Extraction {

    /**
     * The text of a document.
     *
     * @param title as the document's own properties or first heading have it
     * @param metadata what the document says of itself, such as {@code author}, {@code language} or {@code pageCount}
     * @param warnings sentences about what is missing
     */
    record Extracted(@Nullable String title, List<Block> blocks, Map<String, Object> metadata, List<String> warnings)
            implements Extraction {

        public Extracted {
            blocks = List.copyOf(blocks);
            metadata = Map.copyOf(metadata);
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * There is no text to be had from these bytes, however often one tries.
     *
     * @param detail a sentence that a person can act on, without any of the document's text
     */
    record Rejected(RejectionReason reason, String detail) implements Extraction {}
}
