package io.knowledgebase.ingest.cutover;

import io.knowledgebase.ingest.cutover.legacy.LegacyExports;
import io.knowledgebase.ingest.cutover.legacy.LegacyFileStore;
import io.knowledgebase.ingest.cutover.legacy.LegacySchema;
import io.knowledgebase.ingest.cutover.qdrant.QdrantSource;
import io.knowledgebase.schemas.problem.Problem;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What is taken over; either a file or exports of it.
 *
 * @param sqlite the application's file, to which it goes on writing
 * @param exports the folder into which the file is exported
 * @param qdrant null to leave it alone
 * @param mapped what of the file is moved; null for what an earlier start said of the same move, or else no mapping
 */
record Source(
        @Nullable Path sqlite,
        @Nullable Path exports,
        @Nullable QdrantSource qdrant,
        @Nullable LegacySchema mapped) {

    /**
     * The file that is read first.
     *
     * @throws Problem 400 if there is no export
     */
    Path first() {
        return exports != null ? new LegacyExports(exports).first() : Path.of(String.valueOf(sqlite));
    }

    /**
     * Opens the file that is read first.
     *
     * @throws Problem 400 if there is none
     */
    LegacyFileStore open() {
        return exports != null
                ? LegacyFileStore.openToRead(first(), schema())
                : LegacyFileStore.open(first(), schema());
    }

    /** What of the file is moved. */
    LegacySchema schema() {
        return mapped == null ? LegacySchema.PLAIN : mapped;
    }

    /** How it is called. */
    String name() {
        return String.valueOf(exports != null ? exports : sqlite);
    }
}
