package io.knowledgebase.embed.generation;

import io.knowledgebase.schemas.problem.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/** The disk that the database lies on, as far as that is this machine's. */
final class DiskSpace {

    private final @Nullable Path folder;
    private final DataSize kept;

    /**
     * A disk.
     *
     * @param folder on it; null if the database lies elsewhere, where nobody can look
     * @param kept what is to stay free
     */
    DiskSpace(@Nullable Path folder, DataSize kept) {
        this.folder = folder;
        this.kept = kept;
    }

    /** Refuses, with figures, what would fill the disk. */
    void require(DataSize needed) {
        if (folder == null) {
            return;
        }
        try {
            DataSize free = DataSize.ofBytes(Files.getFileStore(folder).getUsableSpace());
            if (free.toBytes() - needed.toBytes() < kept.toBytes()) {
                throw Problem.insufficientStorage("The disk is nearly full: the generation may need "
                        + needed.toMegabytes() + " MB of the " + free.toMegabytes() + " MB that are free, and "
                        + kept.toMegabytes() + " MB are to stay free. Drop a generation or make room.");
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot look at the disk of " + folder, e);
        }
    }
}
