package io.knowledgebase.ingest.notion.webhook;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * {@code X-Notion-Signature: sha256=} and the HMAC-SHA256 of the body as it came, in hexadecimal, with the verification
 * token as the key (Notion's reference of webhooks).
 */
final class Signature {

    private static final String ALGORITHM = "HmacSHA256";
    private static final String PREFIX = "sha256=";

    private Signature() {}

    /** Compared in constant time. */
    static boolean fits(@Nullable String header, byte[] body, String verificationToken) {
        if (header == null || !header.startsWith(PREFIX)) {
            return false;
        }
        byte[] expected =
                (PREFIX + HexFormat.of().formatHex(hmac(body, verificationToken))).getBytes(StandardCharsets.US_ASCII);
        return MessageDigest.isEqual(expected, header.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] hmac(byte[] body, String verificationToken) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(verificationToken.getBytes(StandardCharsets.UTF_8), ALGORITHM));
            return mac.doFinal(body);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }
}
