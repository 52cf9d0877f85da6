package io.knowledgebase.embed.extract;

import java.io.IOException;

/** No worker can be started: nothing is wrong with the document, and it may be tried again. */
final class WorkerStartException extends IOException {

    private static final long serialVersionUID = 1L;

    WorkerStartException(String reason) {
        super("a worker cannot be started: " + reason);
    }

    WorkerStartException(RuntimeException cause) {
        super("a worker cannot be started: " + cause.getMessage(), cause);
    }
}
