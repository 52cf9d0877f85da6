package io.knowledgebase.ingest.notion.sync;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Something to be read.
 *
 * @param revision grows when it is asked for again, so that what was asked meanwhile is not taken for done
 * @param whole of a data source: all rows, because their names changed
 * @param unlisted a run has listed everything and this was not there
 * @param eventTime of the first event that asked for it
 * @param attempts that failed
 * @param runIds the runs that count its outcome
 */
record Task(
        UUID connectionId,
        UUID entityId,
        EntityKind kind,
        long revision,
        boolean whole,
        boolean unlisted,
        @Nullable Instant eventTime,
        int attempts,
        List<Long> runIds) {}
