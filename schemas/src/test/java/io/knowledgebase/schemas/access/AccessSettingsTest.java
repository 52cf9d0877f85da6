package io.knowledgebase.schemas.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessSettingsTest {

    private static final String SECRET = "sixteen bytes, ok";

    @Test
    void blankIsUnset() {
        assertThat(new AccessSettings(SECRET, " ", "", " ")).isEqualTo(new AccessSettings(SECRET, null, null, null));
        assertThat(new AccessSettings(" ", "https://id/keys", "https://id", "kb").secret())
                .isNull();
    }

    @ParameterizedTest
    @CsvSource({
        ",,,, KB_ACCESS_SECRET",
        "sixteen bytes ok, https://id/keys, https://id, kb, KB_ACCESS_JWKS_URI",
        "short,,,, shorter",
        ", https://id/keys,, kb, KB_ACCESS_ISSUER",
        ", https://id/keys, https://id,, KB_ACCESS_AUDIENCE",
        "sixteen bytes ok,, https://id,, KB_ACCESS_ISSUER"
    })
    void whatDoesNotFitTogetherIsNamed(String secret, String jwksUri, String issuer, String audience, String named) {
        assertThatThrownBy(() -> new AccessSettings(secret, jwksUri, issuer, audience))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(named);
    }
}
