package io.knowledgebase.schemas.problem;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/** An answer other than success, with a sentence for the person who reads it. */
public final class Problem extends ErrorResponseException {

    /** What to wait before the same request may succeed. */
    public static final String RETRY_AFTER_SECONDS = "5";

    private static final long serialVersionUID = 1L;

    private Problem(HttpStatus status, String detail, @Nullable String field) {
        super(status, detail(status, detail, field), null);
    }

    /** 400 about one field of the request. */
    public static Problem badField(String field, String detail) {
        return new Problem(HttpStatus.BAD_REQUEST, detail, field);
    }

    /** 401: the token is valid but of no use. */
    public static Problem unauthorized(String detail) {
        Problem problem = new Problem(HttpStatus.UNAUTHORIZED, detail, null);
        problem.getHeaders().set(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
        return problem;
    }

    /** 403: the caller is known but may not do this. */
    public static Problem forbidden(String detail) {
        return new Problem(HttpStatus.FORBIDDEN, detail, null);
    }

    /** 404: there is no such thing, or it is somebody else's. */
    public static Problem notFound(String detail) {
        return new Problem(HttpStatus.NOT_FOUND, detail, null);
    }

    /** 409: not in this state. */
    public static Problem conflict(String detail) {
        return new Problem(HttpStatus.CONFLICT, detail, null);
    }

    /** 413: larger than a limit, which the sentence names. */
    public static Problem tooLarge(String detail) {
        return new Problem(HttpStatus.CONTENT_TOO_LARGE, detail, null);
    }

    /** 422 about one field: well formed, but nothing that can be done. */
    public static Problem unprocessable(String field, String detail) {
        return new Problem(HttpStatus.UNPROCESSABLE_CONTENT, detail, field);
    }

    /** 507: the disk has no room for it. */
    public static Problem insufficientStorage(String detail) {
        return new Problem(HttpStatus.INSUFFICIENT_STORAGE, detail, null);
    }

    /** 503 with Retry-After: the same request may succeed a little later. */
    public static Problem unavailable(String detail) {
        Problem problem = new Problem(HttpStatus.SERVICE_UNAVAILABLE, detail, null);
        problem.getHeaders().set(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS);
        return problem;
    }

    static ProblemDetail detail(HttpStatus status, String detail, @Nullable String field) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail);
        if (field != null) {
            problem.setProperty("field", field);
        }
        return problem;
    }
}
