package io.knowledgebase.ingest.cutover.legacy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What rows are, in 32 hexadecimal digits; PostgreSQL makes the same of its own. */
public final class RowDigest {

    private final MessageDigest rows = md5();
    private final MessageDigest row = md5();

    private static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether rows of a table have one: both sides write floating-point numbers in their own way. */
    public static boolean isPossible(LegacyTable table) {
        return table.columns().stream().noneMatch(column -> column.kind() == LegacyColumn.Kind.DOUBLE);
    }

    /** Adds the next row, by its id. */
    public void add(List<@Nullable String> values) {
        for (String value : values) {
            if (value == null) {
                row.update((byte) '-');
            } else {
                byte[] text = value.getBytes(StandardCharsets.UTF_8);
                row.update((text.length + ":").getBytes(StandardCharsets.US_ASCII));
                row.update(text);
            }
        }
        rows.update(HexFormat.of().formatHex(row.digest()).getBytes(StandardCharsets.US_ASCII));
    }

    /** Of all that were added; it begins anew. */
    public String end() {
        return HexFormat.of().formatHex(rows.digest());
    }
}
