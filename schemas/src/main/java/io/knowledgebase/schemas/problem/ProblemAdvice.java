package io.knowledgebase.schemas.problem;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.coyote.BadRequestException;
import org.apache.tomcat.util.http.fileupload.FileUploadException;
import org.apache.tomcat.util.http.fileupload.MultipartStream;
import org.apache.tomcat.util.http.fileupload.impl.FileCountLimitExceededException;
import org.apache.tomcat.util.http.fileupload.impl.FileSizeLimitExceededException;
import org.apache.tomcat.util.http.fileupload.impl.SizeException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.TypeMismatchException;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.security.web.firewall.RequestRejectedException;
import org.springframework.transaction.TransactionException;
import org.springframework.util.unit.DataSize;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.context.request.async.AsyncRequestNotUsableException;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.multipart.MaxUploadSizeExceededException;
import org.springframework.web.multipart.MultipartException;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;

/** Turns every exception that leaves a controller into a problem detail. */
@RestControllerAdvice
public final class ProblemAdvice extends ResponseEntityExceptionHandler {

    private static final Logger LOG = LoggerFactory.getLogger(ProblemAdvice.class);

    private static final String FILE = "file";
    private static final String FORM = "form";

    private final DataSize uploadLimit;

    /**
     * The advice for one service.
     *
     * @param uploadLimit what an upload may weigh, for the sentence of a 413
     */
    public ProblemAdvice(DataSize uploadLimit) {
        this.uploadLimit = uploadLimit;
    }

    @ExceptionHandler({DataAccessException.class, TransactionException.class})
    ResponseEntity<ProblemDetail> onDatabaseFailure(RuntimeException failure, HttpServletRequest request) {
        if (!isAway(failure)) {
            return onUnexpected(failure, request);
        }
        LOG.warn("event=database-away path={} cause=\"{}\"", request.getRequestURI(), failure.getMessage());
        return ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE)
                .header(HttpHeaders.RETRY_AFTER, Problem.RETRY_AFTER_SECONDS)
                .body(ProblemDetail.forStatusAndDetail(
                        HttpStatus.SERVICE_UNAVAILABLE,
                        "The database cannot be reached; repeat the request, that is safe."));
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> onRejected(RequestRejectedException failure) {
        return ResponseEntity.badRequest()
                .body(ProblemDetail.forStatusAndDetail(
                        HttpStatus.BAD_REQUEST, "A header of the request has characters that are not allowed."));
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> onUnexpected(RuntimeException failure, HttpServletRequest request) {
        String incident = UUID.randomUUID().toString();
        LOG.error("event=unexpected incident={} path={}", incident, request.getRequestURI(), failure);
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(
                HttpStatus.INTERNAL_SERVER_ERROR, "Unexpected error; the service's log tells more.");
        problem.setProperty("incident", incident);
        return ResponseEntity.internalServerError().body(problem);
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> onBrokenMultipart(MultipartException failure, HttpServletRequest request) {
        return multipart(failure, request.getRequestURI());
    }

    /** Spring throws it for whatever mentions a limit. */
    @Override
    @SuppressWarnings("unchecked")
    protected ResponseEntity<Object> handleMaxUploadSizeExceededException(
            MaxUploadSizeExceededException failure, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        return (ResponseEntity<Object>) (ResponseEntity<?>) multipart(failure, request.getDescription(false));
    }

    private ResponseEntity<ProblemDetail> multipart(MultipartException failure, String path) {
        Throwable cause = NestedExceptionUtils.getMostSpecificCause(failure);
        if (isOurs(failure, cause)) {
            LOG.error("event=upload-not-kept path={}", path, failure);
            return ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE)
                    .header(HttpHeaders.RETRY_AFTER, Problem.RETRY_AFTER_SECONDS)
                    .body(ProblemDetail.forStatusAndDetail(
                            HttpStatus.SERVICE_UNAVAILABLE, "The upload cannot be received now; nothing was stored."));
        }
        if (cause instanceof FileSizeLimitExceededException large && !FILE.equals(large.getFieldName())) {
            return badPart(large.getFieldName(), large.getFieldName() + " is too long.");
        }
        if (cause instanceof SizeException large) {
            return large.getPermittedSize() < uploadLimit.toBytes()
                    ? badPart(FILE, "The headers of a part are longer than " + large.getPermittedSize() + " bytes.")
                    : ResponseEntity.status(HttpStatus.CONTENT_TOO_LARGE)
                            .body(ProblemDetail.forStatusAndDetail(
                                    HttpStatus.CONTENT_TOO_LARGE,
                                    "The file is larger than the limit of " + describe(uploadLimit) + "."));
        }
        if (cause instanceof FileCountLimitExceededException many) {
            return badPart(FORM, "The form has more than " + many.getLimit() + " parts.");
        }
        if (failure instanceof MaxUploadSizeExceededException) {
            return badPart(FORM, "The fields of the form, without files, are too long together.");
        }
        return badPart(FILE, "The request is not a complete multipart/form-data body.");
    }

    /** A disk that is full or a folder that is missing, in contrast to a client that went away or sent nonsense. */
    private static boolean isOurs(Throwable failure, Throwable cause) {
        return cause instanceof IOException
                && !(cause instanceof FileUploadException)
                && !(cause instanceof MultipartStream.MalformedStreamException)
                && Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
                        .noneMatch(BadRequestException.class::isInstance);
    }

    private static ResponseEntity<ProblemDetail> badPart(String field, String detail) {
        return ResponseEntity.badRequest().body(Problem.detail(HttpStatus.BAD_REQUEST, detail, field));
    }

    @Override
    protected ResponseEntity<Object> handleHttpMessageNotReadable(
            HttpMessageNotReadableException failure, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        return ResponseEntity.badRequest().body(describe(failure.getCause()));
    }

    @Override
    protected ResponseEntity<Object> handleTypeMismatch(
            TypeMismatchException failure, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        String field =
                failure instanceof MethodArgumentTypeMismatchException mismatch ? mismatch.getName() : "parameter";
        Class<?> wanted = failure.getRequiredType();
        return ResponseEntity.badRequest()
                .body(Problem.detail(HttpStatus.BAD_REQUEST, field + " is no " + kind(wanted) + ".", field));
    }

    private static String kind(@Nullable Class<?> wanted) {
        return wanted == null
                ? "such value"
                : wanted == UUID.class
                        ? "UUID"
                        : wanted.isPrimitive() || Number.class.isAssignableFrom(wanted)
                                ? "whole number"
                                : wanted.getSimpleName();
    }

    /** What is wrong with a JSON text, as a 400 that names the field. */
    public static ProblemDetail describe(@Nullable Throwable unreadable) {
        if (unreadable instanceof UnrecognizedPropertyException unknown) {
            return Problem.detail(HttpStatus.BAD_REQUEST, "There is no field " + path(unknown) + ".", path(unknown));
        }
        if (unreadable instanceof JacksonException mismatch
                && !isSyntaxError(mismatch)
                && !mismatch.getPath().isEmpty()) {
            String field = path(mismatch);
            String cause = mismatch.getCause() instanceof IllegalArgumentException illegal
                    ? illegal.getMessage()
                    : "The value of " + field + " does not have the right type.";
            return Problem.detail(HttpStatus.BAD_REQUEST, cause == null ? "" : cause, field);
        }
        if (unreadable instanceof StreamReadException syntax) {
            return ProblemDetail.forStatusAndDetail(
                    HttpStatus.BAD_REQUEST,
                    "Not valid JSON at line " + syntax.getLocation().getLineNr() + ", column "
                            + syntax.getLocation().getColumnNr() + ".");
        }
        return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, "The body is missing or not readable.");
    }

    private static boolean isSyntaxError(JacksonException failure) {
        return failure instanceof StreamReadException && !(failure instanceof InputCoercionException);
    }

    private static String path(JacksonException failure) {
        return failure.getPath().stream()
                .map(step -> step.getPropertyName() == null ? "[" + step.getIndex() + "]" : step.getPropertyName())
                .collect(Collectors.joining("."))
                .replace(".[", "[");
    }

    private static String describe(DataSize size) {
        return size.toMegabytes() > 0 ? size.toMegabytes() + " MiB" : size.toBytes() + " bytes";
    }

    /**
     * Whether the database is away: a connection refused, lost or not to be had in time (SQLSTATE classes 08, 53 and 57,
     * or no SQL answer at all).
     */
    public static boolean isAway(Throwable failure) {
        boolean answered = false;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof AsyncRequestNotUsableException) {
                return false;
            }
            if (cause instanceof SQLException sql && sql.getSQLState() != null) {
                answered = true;
                String state = sql.getSQLState();
                if (state.startsWith("08") || state.startsWith("53") || state.startsWith("57")) {
                    return true;
                }
            }
        }
        return !answered && hasSqlCause(failure);
    }

    private static boolean hasSqlCause(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException) {
                return true;
            }
        }
        return false;
    }
}
