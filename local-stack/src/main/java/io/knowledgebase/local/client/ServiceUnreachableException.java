package io.knowledgebase.local.client;

import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;

/** A service that does not answer, or not to the end. */
public final class ServiceUnreachableException extends CommandFailedException {

    private static final long serialVersionUID = 1L;

    ServiceUnreachableException(String what, String mend, Throwable cause) {
        super(ExitCode.NOT_RUNNING, what, mend, null, cause);
    }
}
