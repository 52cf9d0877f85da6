package io.knowledgebase.schemas.access;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * How tokens are verified: by the secret, or by the key set together with its issuer and audience.
 *
 * @param secret shared HS256 secret, at least 16 bytes
 * @param jwksUri address of the identity provider's key set
 * @param issuer what the claim {@code iss} must be
 * @param audience what the claim {@code aud} must contain
 */
@ConfigurationProperties(prefix = "kb.access", ignoreUnknownFields = false)
public record AccessSettings(
        @Nullable String secret,
        @Nullable String jwksUri,
        @Nullable String issuer,
        @Nullable String audience) {

    static final int MINIMUM_SECRET_BYTES = 16;

    public AccessSettings {
        secret = blankIsNull(secret);
        jwksUri = blankIsNull(jwksUri);
        issuer = blankIsNull(issuer);
        audience = blankIsNull(audience);
        if ((secret == null) == (jwksUri == null)) {
            throw new IllegalArgumentException("set either KB_ACCESS_SECRET (the HS256 secret that tokens are signed"
                    + " with) or KB_ACCESS_JWKS_URI (the identity provider's keys)");
        }
        if (secret != null && secret.getBytes(StandardCharsets.UTF_8).length < MINIMUM_SECRET_BYTES) {
            throw new IllegalArgumentException("KB_ACCESS_SECRET is shorter than " + MINIMUM_SECRET_BYTES + " bytes");
        }
        if (jwksUri != null && (issuer == null || audience == null)) {
            throw new IllegalArgumentException("KB_ACCESS_JWKS_URI needs KB_ACCESS_ISSUER (the claim iss) and"
                    + " KB_ACCESS_AUDIENCE (in the claim aud): the provider's keys sign tokens for others too");
        }
        if (secret != null && (issuer != null || audience != null)) {
            throw new IllegalArgumentException(
                    "KB_ACCESS_ISSUER and KB_ACCESS_AUDIENCE are checked with KB_ACCESS_JWKS_URI only");
        }
    }

    private static @Nullable String blankIsNull(@Nullable String setting) {
        return setting == null || setting.isBlank() ? null : setting;
    }
}
