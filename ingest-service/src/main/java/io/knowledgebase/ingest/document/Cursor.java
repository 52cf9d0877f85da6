package io.knowledgebase.ingest.document;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;

/** The place of a document in the list of its owner's documents; opaque to clients. */
record Cursor(Instant createdAt, UUID documentId) {

    String encode() {
        ByteBuffer bytes = ByteBuffer.allocate(3 * Long.BYTES)
                .putLong(ChronoUnit.MICROS.between(Instant.EPOCH, createdAt))
                .putLong(documentId.getMostSignificantBits())
                .putLong(documentId.getLeastSignificantBits());
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
    }

    static Optional<Cursor> decode(String encoded) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(encoded));
            Instant createdAt = Instant.EPOCH.plus(bytes.getLong(), ChronoUnit.MICROS);
            UUID documentId = new UUID(bytes.getLong(), bytes.getLong());
            boolean plausible = !bytes.hasRemaining()
                    && createdAt.isAfter(Instant.EPOCH)
                    && createdAt.isBefore(Instant.EPOCH.plus(100_000, ChronoUnit.DAYS));
            return plausible ? Optional.of(new Cursor(createdAt, documentId)) : Optional.empty();
        } catch (IllegalArgumentException | BufferUnderflowException e) {
            return Optional.empty();
        }
    }
}
