package io.knowledgebase.ingest.seal;

import com.google.crypto.tink.AccessesPartialKey;
import com.google.crypto.tink.Aead;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.aead.AeadConfig;
import com.google.crypto.tink.aead.AesGcmKey;
import com.google.crypto.tink.aead.AesGcmParameters;
import com.google.crypto.tink.util.SecretBytes;
import io.knowledgebase.schemas.problem.Problem;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Seals tokens with AES-256-GCM (Tink), each bound to what it belongs to. */
public final class Seal {

    private static final int KEY_BYTES = 32;
    private static final int TAG_BYTES = 16;
    private static final int NONCE_BYTES = 12;

    private final @Nullable Aead aead;

    private Seal(@Nullable Aead aead) {
        this.aead = aead;
    }

    /**
     * A seal with these keys.
     *
     * @param keys each of 64 hexadecimal digits; the first one seals, all open
     * @throws IllegalArgumentException if one is something else
     */
    @AccessesPartialKey
    public static Seal of(List<String> keys) {
        if (keys.isEmpty()) {
            return new Seal(null);
        }
        try {
            AeadConfig.register();
            AesGcmParameters parameters = AesGcmParameters.builder()
                    .setKeySizeBytes(KEY_BYTES)
                    .setTagSizeBytes(TAG_BYTES)
                    .setIvSizeBytes(NONCE_BYTES)
                    .setVariant(AesGcmParameters.Variant.TINK)
                    .build();
            KeysetHandle.Builder keyset = KeysetHandle.newBuilder();
            for (int i = 0; i < keys.size(); i++) {
                byte[] key = parse(keys.get(i), i);
                int id = id(key);
                var entry = KeysetHandle.importKey(AesGcmKey.builder()
                                .setParameters(parameters)
                                .setKeyBytes(SecretBytes.copyFrom(key, InsecureSecretKeyAccess.get()))
                                .setIdRequirement(id)
                                .build())
                        .withFixedId(id);
                keyset.addEntry(i == 0 ? entry.makePrimary() : entry);
            }
            return new Seal(keyset.build().getPrimitive(RegistryConfiguration.get(), Aead.class));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("kb.notion.keys cannot be used: is one there twice?", e);
        }
    }

    private static byte[] parse(String key, int index) {
        if (key.length() != 2 * KEY_BYTES) {
            throw new IllegalArgumentException("kb.notion.keys[" + index + "] has " + key.length()
                    + " characters; a key has 64 hexadecimal digits");
        }
        try {
            return HexFormat.of().parseHex(key);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("kb.notion.keys[" + index + "] is not hexadecimal"); // without the key
        }
    }

    /** The same key has the same id wherever it stands in the list. */
    private static int id(byte[] key) throws GeneralSecurityException {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(key);
        return ((digest[0] & 0x7f) << 24)
                | ((digest[1] & 0xff) << 16)
                | ((digest[2] & 0xff) << 8)
                | (digest[3] & 0xff)
                | 1;
    }

    /** What may be stored; bound to an owner, for which alone it can be opened. */
    public byte[] seal(String secret, UUID owner) {
        try {
            return aead().encrypt(secret.getBytes(StandardCharsets.UTF_8), context(owner));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a token cannot be sealed", e);
        }
    }

    /**
     * Opens what was sealed.
     *
     * @throws UnsealableException if the key is missing, or it belongs to another owner
     */
    public String open(byte[] sealed, UUID owner) {
        if (aead == null) {
            throw new UnsealableException(null);
        }
        try {
            return new String(aead.decrypt(sealed, context(owner)), StandardCharsets.UTF_8);
        } catch (GeneralSecurityException e) {
            throw new UnsealableException(e);
        }
    }

    private Aead aead() {
        if (aead == null) {
            throw Problem.unavailable("Tokens cannot be kept: no key for them is set (kb.notion.keys).");
        }
        return aead;
    }

    private static byte[] context(UUID owner) {
        return ("kb.notion " + owner).getBytes(StandardCharsets.UTF_8);
    }
}
