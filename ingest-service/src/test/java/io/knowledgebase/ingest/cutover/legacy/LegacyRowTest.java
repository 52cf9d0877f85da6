package io.knowledgebase.ingest.cutover.legacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.knowledgebase.ingest.cutover.legacy.LegacyColumn.Kind;
import io.knowledgebase.ingest.cutover.legacy.MisfitException.Reason;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LegacyRowTest {

    @Test
    void valuesAreReadByName() throws MisfitException {
        LegacyRow row = user("user_id", "ann", "is_anonymous", 1L, "daily_query_count", 7L);

        assertThat(row.id()).isEqualTo(1);
        assertThat(row.values().subList(0, 4)).containsExactly("1", "ann", null, "true");
        assertThat(row.values().get(20)).isEqualTo("7");
        assertThat(row.originals()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "2026-01-02 03:04:05.123456, 2026-01-02 03:04:05.123456",
        "2026-01-02 03:04:05.120000, 2026-01-02 03:04:05.12",
        "2026-01-02 03:04:05, 2026-01-02 03:04:05",
        "2026-01-02T03:04:05, 2026-01-02 03:04:05",
        "2026-01-02T03:04:05Z, 2026-01-02 03:04:05",
        "2026-01-02T03:04:05.5+02:00, 2026-01-02 01:04:05.5",
        "2026-01-02 03:04:05.123456789, 2026-01-02 03:04:05.123456",
        "2026-01-02 03:04, 2026-01-02 03:04:00",
        "2026-01-02, 2026-01-02 00:00:00",
    })
    void timesOfAllFormsAreTimesOfUtc(String stored, String converted) throws MisfitException {
        assertThat(user("created_at", stored).values().get(4)).isEqualTo(converted);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "yesterday",
                "0000-00-00 00:00:00",
                "2026-02-30 00:00:00",
                "2026-01-02 25:00:00",
                "12026-01-01",
                "1767323045",
                "2026-01-02 03:04:05 Europe/Berlin",
                "0000-12-31 23:59:59"
            })
    void otherTimesAreMisfits(String stored) {
        assertThatThrownBy(() -> user("created_at", stored))
                .isInstanceOfSatisfying(
                        MisfitException.class, e -> assertThat(e.reason()).isEqualTo(Reason.ODD_DATE))
                .hasMessage("created_at is a text");
    }

    @Test
    void valuesOfAnotherKindAreMisfits() {
        assertMisfit(Reason.ODD_DATE, "created_at", 1767323045L);
        assertMisfit(Reason.NOT_BOOLEAN, "is_anonymous", 2L);
        assertMisfit(Reason.NOT_BOOLEAN, "is_anonymous", "true");
        assertMisfit(Reason.NOT_INTEGER, "total_queries", 3_000_000_000L);
        assertMisfit(Reason.NOT_INTEGER, "total_queries", Double.POSITIVE_INFINITY);
        assertMisfit(Reason.NOT_INTEGER, "total_queries", "many");
        assertMisfit(Reason.BLOB, "email", new byte[] {1});
        assertMisfit(Reason.ID_OUT_OF_RANGE, "id", 1_000_000_000L);
        assertMisfit(Reason.ID_OUT_OF_RANGE, "id", -1L);
    }

    @Test
    void nulIsTakenOutAndTheOriginalKept() throws MisfitException {
        LegacyRow row = user("email", "a\u0000b", "user_id", 17L);

        assertThat(row.values().get(2)).isEqualTo("ab");
        assertThat(row.values().get(1)).isEqualTo("17");
        assertThat(row.originals()).containsOnlyKeys("email").containsEntry("email", new byte[] {'a', 0, 'b'});
    }

    @ParameterizedTest
    @CsvSource({
        "INTEGER, 5, 5",
        "BIGINT, -9223372036854775808, -9223372036854775808",
        "DOUBLE, 5, 5.0",
        "DOUBLE, -.5, -0.5",
        "DOUBLE, 1e300, 1.0E300",
        "DOUBLE, -Infinity, -Infinity",
        "DOUBLE, 9223372036854775808, 9.223372036854776E18",
        "BOOLEAN, 1, true",
    })
    void numbersMayBeTexts(Kind kind, String text, String converted) throws MisfitException {
        assertThat(value(kind, text)).isEqualTo(converted);
    }

    @ParameterizedTest
    @CsvSource({
        "INTEGER, 2147483648, NOT_INTEGER",
        "BIGINT, 9223372036854775808, NOT_INTEGER",
        "BIGINT, five, NOT_INTEGER",
        "DOUBLE, 1d, NOT_NUMBER",
        "DOUBLE, NaN, NOT_NUMBER",
        "BYTES, 00ff, NOT_BYTES",
    })
    void otherTextsAreMisfitsAmongNumbers(Kind kind, String text, Reason reason) {
        assertThatThrownBy(() -> value(kind, text))
                .isInstanceOfSatisfying(
                        MisfitException.class, e -> assertThat(e.reason()).isEqualTo(reason));
    }

    @Test
    void bothSidesMayWriteADoubleInTheirOwnWay() throws MisfitException {
        LegacyColumn column = new LegacyColumn("value", Kind.DOUBLE);

        assertThat(LegacyRow.isEqual(column, Map.of("value", 1e300), "1e+300")).isTrue();
        assertThat(LegacyRow.isEqual(column, Map.of("value", 0.1), "0.1000000001"))
                .isFalse();
        assertThat(LegacyRow.isEqual(column, Map.of(), "0")).isFalse();
        assertThat(value(Kind.BYTES, new byte[] {0, -1})).isEqualTo("\\x00ff");
        assertThat(value(Kind.DOUBLE, 9_007_199_254_740_992L)).isEqualTo("9.007199254740992E15");
        assertThatThrownBy(() -> value(Kind.DOUBLE, 9_007_199_254_740_993L)).isInstanceOf(MisfitException.class);
    }

    private static String value(Kind kind, Object stored) throws MisfitException {
        LegacyTable table = new LegacyTable("any", List.of(LegacyColumn.ID, new LegacyColumn("value", kind)));
        return LegacyRow.of(table, column -> column.equals("id") ? (Object) 1L : stored)
                .values()
                .get(1);
    }

    private static void assertMisfit(Reason reason, String column, Object value) {
        assertThatThrownBy(() -> user(column, value))
                .isInstanceOfSatisfying(
                        MisfitException.class, e -> assertThat(e.reason()).isEqualTo(reason))
                .hasMessageStartingWith(column + " is ");
    }

    private static LegacyRow user(Object... columnsAndValues) throws MisfitException {
        Map<String, Object> values = new HashMap<>(Map.of("id", 1L));
        for (int i = 0; i < columnsAndValues.length; i += 2) {
            values.put((String) columnsAndValues[i], columnsAndValues[i + 1]);
        }
        return LegacyRow.of(LegacyTable.USERS, values::get);
    }
}
