package io.knowledgebase.local.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import io.knowledgebase.local.evaluate.Expectation.Verdict;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExpectationTest {

    static final List<String> OUTCOMES = List.of(
            "indexed",
            "empty",
            "no-text",
            "encrypted",
            "corrupt",
            "bomb",
            "unsupported-type",
            "resource-limit",
            "internal",
            "refused");

    @Test
    void eachExpectationIsMetByItsOwnOutcomesOnly() {
        Map<Expectation, List<String>> met = Map.of(
                Expectation.TEXT, List.of("indexed"),
                Expectation.EMPTY, List.of("empty", "no-text", "unsupported-type"),
                Expectation.ENCRYPTED, List.of("encrypted"),
                Expectation.CORRUPT, List.of("corrupt"),
                Expectation.BOMB, List.of("bomb"),
                Expectation.RESOURCE, List.of("resource-limit"));

        for (Expectation expectation : Expectation.values()) {
            assertThat(judgedAs(expectation, Verdict.AS_EXPECTED, false))
                    .as(expectation.label())
                    .isEqualTo(met.get(expectation));
        }
    }

    @Test
    void textWhereNoneWasExpectedIsBetter() {
        assertThat(judgedAs(Expectation.EMPTY, Verdict.BETTER, false)).containsExactly("indexed");
        assertThat(judgedAs(Expectation.RESOURCE, Verdict.BETTER, false)).containsExactly("indexed");
    }

    @Test
    void aDamagedFileIsIndexedForTheBetterOnlyWithAWarning() {
        assertThat(judgedAs(Expectation.CORRUPT, Verdict.BETTER, true))
                .containsExactly("indexed", "unsupported-type", "resource-limit");
        assertThat(judgedAs(Expectation.CORRUPT, Verdict.BETTER, false))
                .containsExactly("unsupported-type", "resource-limit");
    }

    @Test
    void nothingIsBetterThanTextOrAHonestRefusal() {
        assertThat(judgedAs(Expectation.TEXT, Verdict.BETTER, true)).isEmpty();
        assertThat(judgedAs(Expectation.ENCRYPTED, Verdict.BETTER, true)).isEmpty();
        assertThat(judgedAs(Expectation.BOMB, Verdict.BETTER, true)).isEmpty();
    }

    private static List<String> judgedAs(Expectation expectation, Verdict verdict, boolean warned) {
        return OUTCOMES.stream()
                .filter(outcome -> expectation.judge(outcome, warned) == verdict)
                .toList();
    }
}
