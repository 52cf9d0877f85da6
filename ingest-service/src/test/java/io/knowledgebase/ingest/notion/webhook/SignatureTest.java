package io.knowledgebase.ingest.notion.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SignatureTest {

    private static final String TOKEN = "secret_for_tests";
    private static final byte[] BODY = "{\"id\":\"ü\"}".getBytes(UTF_8);
    // printf '{"id":"ü"}' | openssl dgst -sha256 -hmac secret_for_tests
    private static final String FITTING = "sha256=3bff38466fa5b6db6d96acfcf48db469787f24637c7bf9e44a6a404442f5ce2e";

    @Test
    void fitsTheBodyAsItCameAndNothingElse() {
        assertThat(Signature.fits(FITTING, BODY, TOKEN)).isTrue();
        assertThat(Signature.fits(FITTING, "{\"id\": \"ü\"}".getBytes(UTF_8), TOKEN))
                .as("the same JSON in other bytes")
                .isFalse();
        assertThat(Signature.fits(FITTING, BODY, "secret_of_another")).isFalse();
        assertThat(Signature.fits(FITTING.substring("sha256=".length()), BODY, TOKEN))
                .isFalse();
        assertThat(Signature.fits(FITTING.substring(0, 40), BODY, TOKEN)).isFalse();
        assertThat(Signature.fits("", BODY, TOKEN)).isFalse();
        assertThat(Signature.fits(null, BODY, TOKEN)).isFalse();
    }
}
