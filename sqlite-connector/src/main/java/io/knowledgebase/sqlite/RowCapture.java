package io.knowledgebase.sqlite;

import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A way to capture rows and their changes; for one thread. */
interface RowCapture {

    /** Where to go on after what was told; null if there is nothing yet that could be told. */
    @Nullable
    SourceOffset position();

    /** What is to be told next; empty if there is nothing for now. */
    List<RowEvent> next() throws SQLException, IOException;

    /** Whether the last look came to an end, so that it is worth waiting before the next one. */
    boolean isIdle();

    /** Removes what is kept for changes up to one, which need not be told any more. */
    void forget(long changeId) throws SQLException, IOException;

    void close() throws SQLException;
}
