package io.knowledgebase.embed.write;

/** What the locked row of a document says. */
record DocumentState(int version, int attempt, boolean deleted) {

    boolean isNewerThan(int otherVersion, int otherAttempt) {
        return version > otherVersion || (version == otherVersion && attempt > otherAttempt);
    }
}
