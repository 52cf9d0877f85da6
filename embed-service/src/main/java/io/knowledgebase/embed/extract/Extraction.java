package io.knowledgebase.embed.extract;

import io.knowledgebase.schemas.event.RejectionReason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What became of a document's bytes. */
public sealed interface Extraction {

    /**
     * The text of a document.
     *
     * @param title as the document's own properties or first heading have it
     * @param warnings sentences about what is missing
     */
    record Extracted(@Nullable String title, List<Block> blocks, List<String> warnings) implements Extraction {

        public Extracted {
            blocks = List.copyOf(blocks);
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
