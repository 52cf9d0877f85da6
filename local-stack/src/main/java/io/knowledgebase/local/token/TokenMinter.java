package io.knowledgebase.local.token;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.databind.json.JsonMapper;

/** Makes signed tokens (JWT, HS256) as the services accept them. */
public final class TokenMinter {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    private final String secret;
    private final Clock clock;

    public TokenMinter(String secret, Clock clock) {
        this.secret = secret;
        this.clock = clock;
    }

    /** A token that says who its bearer is and what they may do. */
    public String mint(String user, Collection<String> scopes, Duration validity) {
        Instant now = clock.instant();
        Map<String, Object> claims = new LinkedHashMap<>();
        claims.put("sub", user);
        claims.put("user_id", user);
        if (!scopes.isEmpty()) {
            claims.put("scope", String.join(" ", scopes));
        }
        claims.put("iat", now.getEpochSecond());
        claims.put("exp", now.plus(validity).getEpochSecond());
        String signed = part(Map.of("alg", "HS256", "typ", "JWT")) + "." + part(claims);
        return signed + "." + BASE64.encodeToString(signature(signed));
    }

    private static String part(Map<String, ?> values) {
        return BASE64.encodeToString(JSON.writeValueAsBytes(values));
    }

    private byte[] signature(String signed) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return mac.doFinal(signed.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HmacSHA256", e);
        }
    }
}
