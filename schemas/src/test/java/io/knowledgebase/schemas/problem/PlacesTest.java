package io.knowledgebase.schemas.problem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class PlacesTest {

    private final Places places = new Places(1, "Full.");

    @Test
    void placeIsFreeAgainAfterAnAnswerAndAfterAFailure() {
        assertThat(places.<String>get(() -> "first")).isEqualTo("first");
        assertThatThrownBy(() -> places.get(() -> {
                    throw new IllegalStateException("second");
                }))
                .hasMessage("second");
        assertThat(places.<String>get(() -> "third")).isEqualTo("third");
    }

    @Test
    void whoFindsNoPlaceIsToldSo() {
        assertThatThrownBy(() -> places.get(() -> places.<String>get(() -> "inner")))
                .isInstanceOfSatisfying(Problem.class, full -> {
                    assertThat(full.getStatusCode().value()).isEqualTo(503);
                    assertThat(full.getBody().getDetail()).isEqualTo("Full.");
                });
    }
}
