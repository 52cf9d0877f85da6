package io.knowledgebase.embed.extract;

/** A document takes longer than the fast lane has patience for, and the slow one has no room now. */
public final class OutOfPatienceException extends Exception {

    private static final long serialVersionUID = 1L;
}
