package io.knowledgebase.local.servers;

/** How long a child process lives. */
public enum Lifetime {
    /** Ends with this JVM, however it ends. */
    OF_PARENT,
    /** Goes on after this JVM, in a session of its own. */
    DETACHED
}
