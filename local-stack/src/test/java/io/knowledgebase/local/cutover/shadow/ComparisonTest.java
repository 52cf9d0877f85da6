package io.knowledgebase.local.cutover.shadow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.knowledgebase.local.terminal.CommandFailedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {

    private static final Question QUESTION = new Question("ann", "Where is the pump?");
    private static final String TEXT =
            IntStream.range(0, 100).mapToObj(i -> "Sentence number " + i + ".").collect(Collectors.joining("\n"));

    @Test
    void passageCountsOnlyIfMoreIsThereThanNeighboursHaveInCommon() {
        Passage chunk = new Passage("d1", "a.txt", TEXT.substring(0, 1_000));
        Passage half = new Passage("d1", "a.txt", TEXT.substring(400, 1_400).replace("\n", "  \n"));
        Passage neighbour = new Passage("d1", "a.txt", TEXT.substring(800, 1_800));
        Passage elsewhere = new Passage("d2", "a.txt", chunk.text());

        assertThat(chunk.isAmong(List.of(half))).isTrue();
        assertThat(chunk.isAmong(List.of(neighbour))).isFalse();
        assertThat(chunk.isAmong(List.of(elsewhere))).isFalse();
        assertThat(chunk.isAmong(List.of())).isFalse();
        assertThat(new Passage("d1", "a.txt", "Short.").isAmong(List.of(new Passage("d1", "a.txt", "It is Short."))))
                .isTrue();
    }

    @Test
    void overlapIsWhatOfTheOldAnswerTheNewOneHas() {
        Passage first = new Passage("d1", "a.txt", "What is in the first document.");
        Passage second = new Passage("d2", "b.txt", "What is in the second document.");
        Passage third = new Passage("d3", "c.txt", "What is in the third document.");
        Comparison comparison = new Comparison(QUESTION, List.of(first, second), List.of(second, third));

        assertThat(comparison.documents()).isEqualTo(0.5);
        assertThat(comparison.passages()).isEqualTo(0.5);
        assertThat(comparison.missing()).containsExactly(first);
        assertThat(comparison.added()).containsExactly(third);
        assertThat(new Comparison(QUESTION, List.of(), List.of(third)).documents())
                .isEqualTo(1);
    }

    @Test
    void questionsHaveTheirUser(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("questions.txt");
        Files.writeString(file, "ann\tWhere is the pump?\n\nbob\tWho?\n");
        assertThat(Question.read(file)).containsExactly(QUESTION, new Question("bob", "Who?"));
        Files.writeString(file, "ann\tWhere?\nWhere is the pump?\n");
        assertThatThrownBy(() -> Question.read(file))
                .isInstanceOf(CommandFailedException.class)
                .hasMessageContaining("line 2");
    }
}
