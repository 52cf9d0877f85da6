package io.knowledgebase.ingest.cutover.legacy;

import io.knowledgebase.ingest.cutover.legacy.MisfitException.Reason;
import io.knowledgebase.sqlite.InvalidText;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A row as PostgreSQL has it.
 *
 * @param values by the table's columns, in the form in which PostgreSQL writes them as text
 * @param originals what the values of some columns were before something was taken out that PostgreSQL cannot store
 */
public record LegacyRow(long id, List<@Nullable String> values, Map<String, byte[]> originals) {

    /** A value that nobody has told, because it is too large. */
    static final Object WITHHELD = new Object();

    private static final DateTimeFormatter WRITTEN = new DateTimeFormatterBuilder()
            .appendPattern("uuuu-MM-dd HH:mm:ss")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 6, true)
            .toFormatter(Locale.ROOT);
    private static final DateTimeFormatter READ = new DateTimeFormatterBuilder()
            .appendPattern("uuuu-MM-dd['T'][' ']HH:mm[:ss]")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
            .appendPattern("[XXX][X]")
            .toFormatter(Locale.ROOT)
            .withResolverStyle(ResolverStyle.STRICT);
    private static final Pattern NUMBER = Pattern.compile("[-+]?(Infinity|(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?)");

    /** How PostgreSQL begins them. */
    private static final String BYTES = "\\x";

    private static final int LAST_YEAR = 9999;

    /**
     * A row of SQLite.
     *
     * @param value of a column, as SQLite stores it: null, Long, Double, String, {@link InvalidText} or byte[]
     * @throws MisfitException if one of them has no place in PostgreSQL
     */
    public static LegacyRow of(LegacyTable table, Function<String, @Nullable Object> value) throws MisfitException {
        List<@Nullable String> values = new ArrayList<>();
        Map<String, byte[]> originals = new TreeMap<>();
        for (LegacyColumn column : table.columns()) {
            Object stored = value.apply(column.name());
            String converted = convert(column, stored);
            if (stored instanceof InvalidText text) {
                originals.put(column.name(), text.bytes());
            }
            if (converted != null && converted.indexOf('\u0000') >= 0) {
                originals.putIfAbsent(column.name(), converted.getBytes(StandardCharsets.UTF_8));
                converted = converted.replace("\u0000", "");
            }
            values.add(converted);
        }
        return new LegacyRow(Long.parseLong(String.valueOf(values.get(0))), values, originals);
    }

    private static @Nullable String convert(LegacyColumn column, @Nullable Object value) throws MisfitException {
        Object stored = value instanceof InvalidText text ? text.toString() : value;
        if (stored == WITHHELD) {
            throw misfit(Reason.TOO_LARGE, column, stored);
        }
        if (column.kind() == LegacyColumn.Kind.ID) {
            return id(column, stored);
        }
        if (stored == null) {
            return null;
        }
        return switch (column.kind()) {
            case BOOLEAN -> bool(column, stored);
            case INTEGER -> integer(column, stored);
            case BIGINT -> bigint(column, stored);
            case DOUBLE -> real(column, stored);
            case BYTES -> bytes(column, stored);
            case TIMESTAMP -> timestamp(column, stored);
            case ID, TEXT, SECRET -> text(column, stored);
        };
    }

    /**
     * What a row of SQLite lacks to be equal to one of PostgreSQL, by column, as the application writes it. Values that
     * mean the same stay as they are; columns that the file does not have are left out.
     *
     * @param columns those of the file
     * @param there the row of SQLite; null if there is none
     * @param here the row of PostgreSQL, by the table's columns, as text
     */
    public static Map<String, @Nullable Object> changes(
            LegacyTable table,
            Set<String> columns,
            @Nullable Map<String, @Nullable Object> there,
            List<@Nullable String> here) {
        Map<String, @Nullable Object> changes = new TreeMap<>();
        for (int i = 0; i < here.size(); i++) {
            LegacyColumn column = table.columns().get(i);
            if (columns.contains(column.name()) && (there == null || !isEqual(column, there, here.get(i)))) {
                changes.put(column.name(), stored(column, here.get(i)));
            }
        }
        return changes;
    }

    /** Whether a value of SQLite, by its column, means the same as one of PostgreSQL. */
    public static boolean isEqual(LegacyColumn column, Map<String, @Nullable Object> there, @Nullable String here) {
        try {
            String converted = convert(column, there.get(column.name()));
            if (converted != null && here != null && column.kind() == LegacyColumn.Kind.DOUBLE) {
                return Double.parseDouble(converted) == Double.parseDouble(here); // both write it in their own way
            }
            return Objects.equals(converted == null ? null : converted.replace("\u0000", ""), here);
        } catch (MisfitException e) {
            return false;
        }
    }

    private static @Nullable Object stored(LegacyColumn column, @Nullable String here) {
        if (here == null) {
            return null;
        }
        return switch (column.kind()) {
            case ID, INTEGER, BIGINT -> Long.valueOf(here);
            case DOUBLE -> Double.valueOf(here);
            case BYTES -> HexFormat.of().parseHex(here.substring(BYTES.length()));
            case BOOLEAN -> Boolean.parseBoolean(here) ? 1L : 0L;
            case TIMESTAMP -> here.matches(".*\\.\\d+") ? here + "0".repeat(fractionLacks(here)) : here + ".000000";
            case TEXT, SECRET -> here;
        };
    }

    private static int fractionLacks(String time) {
        return "000000".length() - (time.length() - time.indexOf('.') - 1);
    }

    private static String id(LegacyColumn column, @Nullable Object stored) throws MisfitException {
        if (stored instanceof Long id && id >= 0 && id < LegacyTable.BORN_HERE) {
            return id.toString();
        }
        throw misfit(Reason.ID_OUT_OF_RANGE, column, stored);
    }

    private static String text(LegacyColumn column, Object stored) throws MisfitException {
        if (stored instanceof byte[]) {
            throw misfit(Reason.BLOB, column, stored);
        }
        return stored.toString();
    }

    private static String bool(LegacyColumn column, Object stored) throws MisfitException {
        if (number(stored) instanceof Long number && (number == 0 || number == 1)) {
            return Boolean.toString(number == 1);
        }
        throw misfit(Reason.NOT_BOOLEAN, column, stored);
    }

    private static String integer(LegacyColumn column, Object stored) throws MisfitException {
        if (number(stored) instanceof Long number && number == number.intValue()) {
            return number.toString();
        }
        throw misfit(Reason.NOT_INTEGER, column, stored);
    }

    /** Numbers of a column that is declared as a decimal are told as text, and some applications write them so. */
    private static Object number(Object stored) {
        if (!(stored instanceof String text) || !NUMBER.matcher(text).matches()) {
            return stored;
        }
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException e) {
            return Double.valueOf(text);
        }
    }

    private static String bigint(LegacyColumn column, Object stored) throws MisfitException {
        if (number(stored) instanceof Long number) {
            return number.toString();
        }
        throw misfit(Reason.NOT_INTEGER, column, stored);
    }

    private static String real(LegacyColumn column, Object stored) throws MisfitException {
        Object read = number(stored);
        if (read instanceof Double number) {
            return number.toString();
        }
        if (read instanceof Long number && number != Long.MAX_VALUE && (long) number.doubleValue() == number) {
            return Double.toString(number);
        }
        throw misfit(Reason.NOT_NUMBER, column, stored);
    }

    private static String bytes(LegacyColumn column, Object stored) throws MisfitException {
        if (stored instanceof byte[] bytes) {
            return BYTES + HexFormat.of().formatHex(bytes);
        }
        throw misfit(Reason.NOT_BYTES, column, stored);
    }

    /** Times with a zone become UTC, which those without one are. */
    private static String timestamp(LegacyColumn column, Object stored) throws MisfitException {
        if (!(stored instanceof String text)) {
            throw misfit(Reason.ODD_DATE, column, stored);
        }
        try {
            LocalDateTime time = time(text.strip()).truncatedTo(ChronoUnit.MICROS);
            if (time.getYear() < 1 || time.getYear() > LAST_YEAR) {
                throw misfit(Reason.ODD_DATE, column, stored);
            }
            return WRITTEN.format(time);
        } catch (DateTimeException e) {
            throw misfit(Reason.ODD_DATE, column, stored);
        }
    }

    private static LocalDateTime time(String text) {
        if (text.length() == "2026-01-02".length()) {
            return LocalDate.parse(text).atStartOfDay();
        }
        var read = READ.parseBest(text, OffsetDateTime::from, LocalDateTime::from);
        return read instanceof OffsetDateTime zoned
                ? zoned.withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime()
                : (LocalDateTime) read;
    }

    private static MisfitException misfit(Reason reason, LegacyColumn column, @Nullable Object stored) {
        String what = stored == null
                ? "null"
                : stored == WITHHELD
                        ? "too large: a row may have " + EventSize.MOST_BYTES / (1024 * 1024) + " MiB as JSON"
                        : stored instanceof byte[]
                                ? "a blob"
                                : stored instanceof String
                                        ? "a text"
                                        : stored instanceof Double ? "a real" : "a number";
        return new MisfitException(reason, column.name(), what);
    }
}
