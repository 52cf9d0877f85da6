package io.knowledgebase.local.terminal;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A command that cannot go on: what is wrong, how to mend it, and where to read more. */
public class CommandFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int exitCode;
    private final String mend;
    private final transient @Nullable Path log;

    protected CommandFailedException(
            int exitCode, String what, String mend, @Nullable Path log, @Nullable Throwable cause) {
        super(what, cause);
        this.exitCode = exitCode;
        this.mend = mend;
        this.log = log;
    }

    public static CommandFailedException of(String what, String mend) {
        return new CommandFailedException(ExitCode.FAILED, what, mend, null, null);
    }

    public static CommandFailedException of(String what, String mend, @Nullable Path log, @Nullable Throwable cause) {
        return new CommandFailedException(ExitCode.FAILED, what, mend, log, cause);
    }

    public static CommandFailedException notRunning(String what, String mend) {
        return new CommandFailedException(ExitCode.NOT_RUNNING, what, mend, null, null);
    }

    public static CommandFailedException usage(String what, String mend) {
        return new CommandFailedException(ExitCode.USAGE, what, mend, null, null);
    }

    public final int exitCode() {
        return exitCode;
    }

    final String mend() {
        return mend;
    }

    @Nullable
    Path log() {
        return log;
    }
}
