package io.knowledgebase.schemas.access;

import io.knowledgebase.schemas.problem.Problem;
import java.util.Set;

/**
 * The user a request acts for, and what its token allows. A controller that takes a {@code Caller} is only reached with
 * a valid token.
 */
public record Caller(String userId, Set<String> scopes) {

    /** Lets operators manage generations, cutover and dead letters. */
    public static final String ADMIN = "kb:admin";

    /** Lets the chat service name the user in {@value #ACT_AS_HEADER}. */
    public static final String ACT_AS = "kb:act-as";

    public static final String ACT_AS_HEADER = "X-KB-User";

    public Caller {
        scopes = Set.copyOf(scopes);
    }

    /** Answers 403 if the token lacks the scope. */
    public void require(String scope) {
        if (!scopes.contains(scope)) {
            throw Problem.forbidden("This needs a token with the scope " + scope + ".");
        }
    }
}
