package io.knowledgebase.schemas.access;

import io.knowledgebase.schemas.problem.Problem;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.support.WebDataBinderFactory;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.method.support.ModelAndViewContainer;

/** Gives controllers the {@link Caller} of a request, and makes sure that the user has a row. */
final class CallerResolver implements HandlerMethodArgumentResolver {

    private static final int MAXIMUM_USER_ID_BYTES = 255;

    private final KnownUsers knownUsers;

    CallerResolver(KnownUsers knownUsers) {
        this.knownUsers = knownUsers;
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
        String userId = actAs == null ? tokenUser(token) : utf8(actAs);
        if (!isUserId(userId)) {
            String rule = " has 1 to " + MAXIMUM_USER_ID_BYTES + " bytes of UTF-8.";
            throw actAs == null
                    ? Problem.unauthorized("The token names no user: user_id, else sub," + rule)
                    : Problem.badField(Caller.ACT_AS_HEADER, "A user id" + rule);
        }
        knownUsers.ensure(userId);
        return new Caller(userId, scopes);
    }

    /** Tomcat decodes headers as ISO-8859-1; what is not UTF-8 becomes empty. */
    private static String utf8(String header) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(header.getBytes(StandardCharsets.ISO_8859_1)))
                    .toString();
        } catch (CharacterCodingException e) {
            return "";
        }
    }

    private static boolean isUserId(String userId) {
        return !userId.isBlank()
                && userId.indexOf('\0') < 0
                && StandardCharsets.UTF_8.newEncoder().canEncode(userId)
                && userId.getBytes(StandardCharsets.UTF_8).length <= MAXIMUM_USER_ID_BYTES;
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
        return scope == null
                ? Set.of()
                : Set.copyOf(List.of(scope.toString().trim().split("\\s+")));
    }
}
