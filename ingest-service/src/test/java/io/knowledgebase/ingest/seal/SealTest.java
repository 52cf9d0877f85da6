package io.knowledgebase.ingest.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.knowledgebase.schemas.problem.Problem;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class SealTest {

    private static final String OLD = "0a".repeat(32);
    private static final String NEW = "1b".repeat(32);
    private static final UUID OWNER = new UUID(1, 2);

    @Test
    void whatIsSealedIsOpenedForItsOwnerAlone() {
        Seal seal = Seal.of(List.of(OLD));
        byte[] stored = seal.seal("ntn_token", OWNER);

        assertThat(new String(stored, StandardCharsets.ISO_8859_1)).doesNotContain("ntn_token");
        assertThat(seal.open(stored, OWNER)).isEqualTo("ntn_token");
        assertThatThrownBy(() -> seal.open(stored, new UUID(1, 3))).isInstanceOf(UnsealableException.class);
        stored[stored.length - 1] ^= 1;
        assertThatThrownBy(() -> seal.open(stored, OWNER)).isInstanceOf(UnsealableException.class);
    }

    @Test
    void newKeySealsAndTheOldOneStillOpens() {
        byte[] old = Seal.of(List.of(OLD)).seal("before", OWNER);
        Seal rotated = Seal.of(List.of(NEW, OLD));

        assertThat(rotated.open(old, OWNER)).isEqualTo("before");
        byte[] fresh = rotated.seal("after", OWNER);
        assertThat(Seal.of(List.of(NEW)).open(fresh, OWNER)).isEqualTo("after");
        assertThatThrownBy(() -> Seal.of(List.of(OLD)).open(fresh, OWNER)).isInstanceOf(UnsealableException.class);
    }

    @Test
    void keysOfAnotherShapeAreRefusedWithoutBeingNamed() {
        for (List<String> keys : List.of(List.of("short"), List.of("zz".repeat(32)), List.of(OLD, OLD))) {
            assertThatThrownBy(() -> Seal.of(keys))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("kb.notion.keys")
                    .hasMessageNotContaining(keys.get(0));
        }
    }

    @Test
    void withoutAKeyNothingIsSealed() {
        assertThatThrownBy(() -> Seal.of(List.of()).seal("x", OWNER))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("kb.notion.keys");
    }
}
