package io.knowledgebase.schemas;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/** Computes the id of a document from who owns it and where it comes from. */
public final class DocumentId {

    /** Namespace of kb's ids, a random UUID that must never change. */
    private static final UUID NAMESPACE = UUID.fromString("6a0c8d5e-2f55-4ad1-9f0a-0d0e2a6c1b47");

    private DocumentId() {}

    /**
     * A version 5 UUID (RFC 9562) of the three parts, each preceded by its length in bytes, so that no two triples
     * encode alike.
     */
    public static UUID of(String userId, String sourceType, String sourceId) {
        return version5(userId, sourceType, sourceId);
    }

    /** The id of the chunk that holds {@code textHash} for the {@code occurrence}th time in its document, from 0. */
    public static UUID ofChunk(UUID documentId, String textHash, int occurrence) {
        return version5(documentId.toString(), textHash, Integer.toString(occurrence));
    }

    private static UUID version5(String... parts) {
        MessageDigest sha1 = sha1();
        sha1.update(ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(NAMESPACE.getMostSignificantBits())
                .putLong(NAMESPACE.getLeastSignificantBits())
                .array());
        for (String part : parts) {
            byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
            sha1.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
            sha1.update(bytes);
        }
        ByteBuffer digest = ByteBuffer.wrap(sha1.digest());
        long most = (digest.getLong() & 0xFFFFFFFFFFFF0FFFL) | 0x5000L;
        long least = (digest.getLong() & 0x3FFFFFFFFFFFFFFFL) | 0x8000000000000000L;
        return new UUID(most, least);
    }

    private static MessageDigest sha1() {
        try {
            return MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
    }
}
