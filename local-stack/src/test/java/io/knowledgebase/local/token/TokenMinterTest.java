package io.knowledgebase.local.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TokenMinterTest {

    static final Instant NOW = Instant.parse("2026-11-22T20:00:00Z");

    @Test
    void aTokenSaysWhoMayDoWhatUntilWhen() {
        String token = new TokenMinter("a-secret-of-at-least-thirty-two-bytes", Clock.fixed(NOW, ZoneOffset.UTC))
                .mint("änna", List.of("kb:admin", "kb:act-as"), Duration.ofHours(1));
        JsonNode claims = JsonMapper.shared()
                .readTree(new String(Base64.getUrlDecoder().decode(token.split("\\.")[1]), StandardCharsets.UTF_8));
        assertThat(claims.path("user_id").asString()).isEqualTo("änna");
        assertThat(claims.path("scope").asString()).isEqualTo("kb:admin kb:act-as");
        assertThat(claims.path("exp").asLong() - claims.path("iat").asLong()).isEqualTo(3600);
    }

    @Test
    void theSignatureIsHmacSha256OverHeaderAndClaims() throws Exception {
        String token = new TokenMinter("secret", Clock.fixed(NOW, ZoneOffset.UTC))
                .mint("anna", List.of(), Duration.ofSeconds(1));
        int end = token.lastIndexOf('.');
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec("secret".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        assertThat(Base64.getUrlDecoder().decode(token.substring(end + 1)))
                .isEqualTo(mac.doFinal(token.substring(0, end).getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void timesAreWrittenAsPeopleWriteThem() {
        assertThat(TokenCommand.duration("15m")).isEqualTo(Duration.ofMinutes(15));
        assertThat(TokenCommand.duration("12h")).isEqualTo(Duration.ofHours(12));
        assertThat(TokenCommand.duration("30d")).isEqualTo(Duration.ofDays(30));
        assertThat(TokenCommand.duration("PT1H30M")).isEqualTo(Duration.ofMinutes(90));
        assertThatThrownBy(() -> TokenCommand.duration("soon")).hasMessageContaining("soon");
        assertThatThrownBy(() -> TokenCommand.duration("-1h")).hasMessageContaining("-1h");
    }
}
