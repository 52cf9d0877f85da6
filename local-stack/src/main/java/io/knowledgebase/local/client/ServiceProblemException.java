package io.knowledgebase.local.client;

import io.knowledgebase.local.home.Service;
import io.knowledgebase.local.terminal.CommandFailedException;
import io.knowledgebase.local.terminal.ExitCode;
import org.jspecify.annotations.Nullable;

/** A service's answer that is not a success; the message holds the problem's detail. */
public final class ServiceProblemException extends CommandFailedException {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final String field;

    ServiceProblemException(Service service, int status, String detail, String field) {
        this(service.id() + " answers " + status + ": " + detail, advice(service, status), status, field, null);
    }

    private ServiceProblemException(
            String what, String mend, int status, String field, @Nullable ServiceProblemException cause) {
        super(status == 400 || status == 422 ? ExitCode.USAGE : ExitCode.FAILED, what, mend, null, cause);
        this.status = status;
        this.field = field;
    }

    /** The same with a better advice than the status gives. */
    public ServiceProblemException mendedBy(String mend) {
        return new ServiceProblemException(String.valueOf(getMessage()), mend, status, field, this);
    }

    private static String advice(Service service, int status) {
        return switch (status) {
            case 404 -> "the listing commands show what there is: ./kb documents, generations, notion status";
            case 409 -> "what it says has to be done first";
            case 400, 413, 422 -> "repeat with another value; --help tells which are possible";
            case 401 -> "the service checks tokens with another secret: is KB_HOME the one it was started with?";
            case 403 -> "use a token with that scope";
            case 429, 502, 503, 504 -> "wait a little; ./kb doctor tells what is missing";
            default -> "./kb logs " + service.id() + " says why";
        };
    }

    public int status() {
        return status;
    }

    /** What of the request is wrong; empty if it is not one field. */
    public String field() {
        return field;
    }

    /** True if the same request may succeed later. */
    public boolean isTransient() {
        return status == 429 || status == 502 || status == 503 || status == 504;
    }
}
