package io.knowledgebase.ingest.cutover.legacy;

import io.knowledgebase.ingest.seal.Seal;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.UUID;

/** Tokens in a row, which travel sealed through Kafka. */
public final class Secrets {

    private static final String SEALED = "sealed:";

    private final Seal seal;

    public Secrets(Seal seal) {
        this.seal = seal;
    }

    /** Whether a column holds tokens. */
    public static boolean isSecret(LegacyTable table, String column) {
        List<LegacyColumn> columns = table.columns();
        return columns.stream()
                .anyMatch(known -> known.name().equals(column) && known.kind() == LegacyColumn.Kind.SECRET);
    }

    public String seal(LegacyTable table, String column, String secret) {
        return SEALED + Base64.getEncoder().encodeToString(seal.seal(secret, owner(table, column)));
    }

    /** A value that was sealed, or as it is if it was not. */
    public String open(LegacyTable table, String column, String value) {
        return isSecret(table, column) && value.startsWith(SEALED)
                ? seal.open(Base64.getDecoder().decode(value.substring(SEALED.length())), owner(table, column))
                : value;
    }

    private static UUID owner(LegacyTable table, String column) {
        return UUID.nameUUIDFromBytes((table.table() + "." + column).getBytes(StandardCharsets.UTF_8));
    }
}
