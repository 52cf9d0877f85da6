package io.knowledgebase.sqlite;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A row as JSON that SQLite writes in a trigger, and back, without losing anything. {@code json_object} fails at a BLOB,
 * writes infinity as what is no JSON and ends texts at U+0000; and a trigger that fails ends the application's own
 * statement. So such values are written as text, and the entry {@value #CLASSES} tells how, a letter a column.
 */
final class RowJson {

    /** An entry that no column has. */
    private static final String CLASSES = "$classes";

    private RowJson() {}

    /** An expression for a row, as in {@code json_object('id', NEW."id", …)}. */
    static String expression(Table table, String row) {
        String values = table.columns().stream()
                .map(column -> Sql.text(column.name()) + ", " + value(row + "." + column.quoted()))
                .collect(Collectors.joining(", "));
        String classes = table.columns().stream()
                .map(column -> storageClass(row + "." + column.quoted()))
                .collect(Collectors.joining(" || "));
        return "json_object(" + values + ", " + Sql.text(CLASSES) + ", " + classes + ")";
    }

    private static String value(String value) {
        return "case typeof(" + value + ") when 'blob' then hex(" + value + ") when 'real' then printf('%!.17g', "
                + value + ") when 'text' then case when instr(" + value + ", char(0)) > 0 then hex(cast(" + value
                + " as blob)) else " + value + " end else " + value + " end";
    }

    private static String storageClass(String value) {
        return "case typeof(" + value + ") when 'integer' then 'i' when 'real' then 'r' when 'blob' then 'b'"
                + " when 'null' then 'n' else case when instr(" + value + ", char(0)) > 0 then 'z' else 't' end end";
    }

    /** The values by the columns that the table has now; a column that the row had no value for is null. */
    static List<@Nullable Object> values(Table table, Object json) {
        // JSON's own characters are ASCII: with a character for each byte it is JSON, whatever its texts are.
        Charset charset = json instanceof InvalidText ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8;
        JsonNode row = JsonMapper.shared()
                .readTree(json instanceof InvalidText text ? new String(text.bytes(), charset) : json.toString());
        String classes = row.path(CLASSES).asString("");
        List<String> names = new ArrayList<>();
        row.propertyNames().forEach(names::add);
        List<@Nullable Object> values = new ArrayList<>();
        for (Column column : table.columns()) {
            String name = new String(column.name().getBytes(StandardCharsets.UTF_8), charset);
            int position = names.indexOf(name);
            values.add(
                    position < 0 || position >= classes.length()
                            ? null
                            : value(classes.charAt(position), row.path(name), charset));
        }
        return values;
    }

    private static @Nullable Object value(char storageClass, JsonNode value, Charset charset) {
        return switch (storageClass) {
            case 'n' -> null;
            case 'i' -> value.longValue();
            case 'r' -> real(value.stringValue());
            case 'b' -> HexFormat.of().parseHex(value.stringValue());
            case 'z' -> InvalidText.of(HexFormat.of().parseHex(value.stringValue()));
            default ->
                charset.equals(StandardCharsets.UTF_8)
                        ? value.stringValue()
                        : InvalidText.of(value.stringValue().getBytes(charset));
        };
    }

    private static double real(String text) {
        return switch (text.toLowerCase(java.util.Locale.ROOT)) {
            case "inf", "+inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(text);
        };
    }
}
