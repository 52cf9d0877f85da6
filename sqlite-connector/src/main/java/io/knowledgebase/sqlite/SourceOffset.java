package io.knowledgebase.sqlite;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How far a capture has come, as Connect keeps it with each record. */
sealed interface SourceOffset permits Position, ExportPosition {

    /** The last change that was told, or need not be. */
    long changeId();

    /** Whether no table's rows are left that have to be read. */
    boolean hasToldAllRows();

    /** The export that is being told, or was told last. */
    Optional<Export> export();

    Map<String, Object> toOffset();

    static Optional<SourceOffset> of(@Nullable Map<String, Object> offset) {
        Optional<SourceOffset> export = ExportPosition.ofOffset(offset).map(position -> position);
        return export.isPresent() ? export : Position.ofOffset(offset).map(position -> position);
    }
}
