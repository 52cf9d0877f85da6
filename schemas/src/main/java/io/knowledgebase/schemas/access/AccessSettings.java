package io.knowledgebase.schemas.access;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * How tokens are verified; exactly one of the two is set.
 *
 * @param secret shared HS256 secret, at least 16 bytes
 * @param jwksUri address of the identity provider's key set
 */
@ConfigurationProperties(prefix = "kb.access", ignoreUnknownFields = false)
public record AccessSettings(
        @Nullable String secret, @Nullable String jwksUri) {

    static final int MINIMUM_SECRET_BYTES = 16;

    public AccessSettings {
        secret = secret == null || secret.isBlank() ? null : secret;
        jwksUri = jwksUri == null || jwksUri.isBlank() ? null : jwksUri;
        if ((secret == null) == (jwksUri == null)) {
            throw new IllegalArgumentException("set either KB_ACCESS_SECRET (the HS256 secret that tokens are signed"
                    + " with) or KB_ACCESS_JWKS_URI (the identity provider's keys)");
        }
        if (secret != null && secret.getBytes(StandardCharsets.UTF_8).length < MINIMUM_SECRET_BYTES) {
            throw new IllegalArgumentException("KB_ACCESS_SECRET is shorter than " + MINIMUM_SECRET_BYTES + " bytes");
        }
    }
}
