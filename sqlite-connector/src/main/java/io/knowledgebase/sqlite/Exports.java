package io.knowledgebase.sqlite;

import java.util.List;
import java.util.Optional;

/**
 * What the capture of a folder of exports has done with its files.
 *
 * @param last the export that was taken last; it is told, or being told
 * @param ignored files that were not taken, by their names; a file that changes is looked at again
 */
public record Exports(Optional<Export> last, List<Ignored> ignored) {

    public Exports {
        ignored = List.copyOf(ignored);
    }

    /**
     * A file that was not taken.
     *
     * @param reason for operators, without anything of the file's content
     */
    public record Ignored(Export file, String reason) {}
}
