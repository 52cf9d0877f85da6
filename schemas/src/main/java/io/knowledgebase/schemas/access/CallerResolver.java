package io.knowledgebase.schemas.access;

import io.knowledgebase.schemas.problem.Problem;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.support.WebDataBinderFactory;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.method.support.ModelAndViewContainer;

/** Gives controllers the {@link Caller} of a request, and makes sure that the user has a row. */
final class CallerResolver implements HandlerMethodArgumentResolver {

    private static final int REMEMBERED_USERS = 10_000;
    private static final int MAXIMUM_USER_ID_BYTES = 255;

    private final JdbcClient jdbc;
    private final Set<String> knownUsers = Collections.synchronizedSet(Collections.newSetFromMap(new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > REMEMBERED_USERS;
        }
    }));

    CallerResolver(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    @Override
    public boolean supportsParameter(MethodParameter parameter) {
        return parameter.getParameterType() == Caller.class;
    }

    @Override
    public Caller resolveArgument(
            MethodParameter parameter,
            @Nullable ModelAndViewContainer container,
            NativeWebRequest request,
            @Nullable WebDataBinderFactory binderFactory) {
        Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
        if (authentication == null || !(authentication.getPrincipal() instanceof Jwt token)) {
            throw new IllegalStateException("a controller with a Caller was reached without a token");
        }
        Set<String> scopes = scopes(token);
        String actAs = request.getHeader(Caller.ACT_AS_HEADER);
        if (actAs != null && !scopes.contains(Caller.ACT_AS)) {
            throw Problem.forbidden(Caller.ACT_AS_HEADER + " needs a token with the scope " + Caller.ACT_AS + ".");
        }
        String userId = actAs == null ? tokenUser(token) : actAs;
        if (userId.isBlank()
                || userId.indexOf('\0') >= 0
                || userId.getBytes(StandardCharsets.UTF_8).length > MAXIMUM_USER_ID_BYTES) {
            throw Problem.badField(
                    actAs == null ? "user_id" : Caller.ACT_AS_HEADER,
                    "A user id has 1 to " + MAXIMUM_USER_ID_BYTES + " bytes.");
        }
        ensureKnown(userId);
        return new Caller(userId, scopes);
    }

    private void ensureKnown(String userId) {
        if (!knownUsers.contains(userId)) {
            jdbc.sql("select ensure_user(:user)").param("user", userId).query().listOfRows();
            knownUsers.add(userId);
        }
    }

    private static String tokenUser(Jwt token) {
        String legacy = token.getClaimAsString("user_id");
        String subject = legacy == null ? token.getSubject() : legacy;
        return subject == null ? "" : subject;
    }

    private static Set<String> scopes(Jwt token) {
        Object scope = token.getClaim("scope");
        if (scope instanceof Collection<?> names) {
            return Set.copyOf(names.stream().map(String::valueOf).toList());
        }
        return scope == null ? Set.of() : Set.of(scope.toString().trim().split("\\s+"));
    }
}
