package io.knowledgebase.embed.embed;

import org.jspecify.annotations.Nullable;

/**
 * What the {@code documents} table says of a document now.
 *
 * @param contentSha256 64 hexadecimal digits, absent once deleted
 */
record DocumentRow(
        String userId,
        int version,
        int attempt,
        boolean deleted,
        @Nullable String contentSha256,
        long contentBytes,
        @Nullable String fileName,
        @Nullable String title) {

    boolean isNewerThan(int otherVersion, int otherAttempt) {
        return version > otherVersion || (version == otherVersion && attempt > otherAttempt);
    }

    /** Such an event tells of a future that the database has lost. */
    boolean isOlderThan(int otherVersion, int otherAttempt) {
        return version < otherVersion || (version == otherVersion && attempt < otherAttempt);
    }
}
