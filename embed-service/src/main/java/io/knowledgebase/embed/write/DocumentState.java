package io.knowledgebase.embed.write;

/** What the locked row of a document says. */
record DocumentState(int version, int attempt, boolean deleted) {

    /** What is older was overtaken; what is newer is of a future that the database has lost. */
    boolean isAt(int otherVersion, int otherAttempt) {
        return version == otherVersion && attempt == otherAttempt;
    }
}
