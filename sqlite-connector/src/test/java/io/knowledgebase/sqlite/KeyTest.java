package io.knowledgebase.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class KeyTest {

    private static final List<Key> IN_ORDER = Stream.<Object>of(
                    Double.NEGATIVE_INFINITY,
                    Long.MIN_VALUE,
                    -1.5,
                    0L,
                    0.5,
                    9_007_199_254_740_992.0, // 2^53: doubles have no room for its neighbours
                    9_007_199_254_740_993L,
                    Long.MAX_VALUE,
                    Double.POSITIVE_INFINITY,
                    "",
                    "\u0000",
                    "a",
                    "\uFFFD",
                    "\uD83D\uDE00",
                    new byte[0],
                    new byte[] {(byte) 0xff})
            .map(value -> new Key(List.of(value)))
            .toList();

    @Test
    void orderIsThatOfSqlite() {
        List<Key> keys = new ArrayList<>(IN_ORDER);
        Collections.shuffle(keys, new Random(1));
        keys.sort(null);
        assertThat(keys).containsExactlyElementsOf(IN_ORDER);
    }

    @Test
    void everyKeyIsTheSameAfterItWasKept() {
        assertThat(IN_ORDER)
                .allSatisfy(key -> assertThat(Key.parse(key.toJson())).isEqualByComparingTo(key));
    }
}
